// Creates a product, then shows it.

import { Anchor, Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { Link, useLocation } from 'wouter';
import { fieldMessages } from '../../../api/error-extensions.ts';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { LookOnly, Needs } from '../../../components/layout/needs.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { useUnsavedEdits } from '../../../leaving/use-unsaved-edits.ts';
import { productPath } from '../../../utils/product-paths.ts';
import { CreateProduct } from '../documents.ts';
import { productOf, saveErrorMessage } from '../product-errors.ts';

const MAX_SKU_LENGTH = 256;
const MAX_NAME_LENGTH = 512;

export default function NewProductPage() {
  return (
    <Page
      title="New product"
      description={
        <Anchor component={Link} href="/products" inherit underline="always">
          Products
        </Anchor>
      }
    >
      <Needs access="WRITER" otherwise={<LookOnly what="create products" />}>
        <NewProductForm />
      </Needs>
    </Page>
  );
}

function NewProductForm() {
  const [sku, setSku] = useState('');
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [{ fetching, error }, create] = useMutation(CreateProduct);
  const [, navigate] = useLocation();
  const form = useRef<HTMLFormElement>(null);
  const edits = useUnsavedEdits(sku !== '' || name !== '' || description !== '');
  const existing = productOf(error, 'ALREADY_EXISTS');
  const messages = fieldMessages(error);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (fetching) return;
    const { data } = await create({ input: { sku, name, description } });
    if (!data?.createProduct) return;
    notifications.show({ message: `${data.createProduct.sku} was created.`, color: 'teal' });
    edits.release();
    // Replaces the form in the history, so that the back button skips it.
    navigate(productPath(data.createProduct.sku), { replace: true });
  }

  return (
    <form ref={form} onSubmit={(event) => void submit(event)} aria-label="New product">
      <Stack gap="md" maw="44rem">
        {error && Object.keys(messages).length === 0 && (
          <ErrorAlert title="The product was not created" error={saveErrorMessage(error)} />
        )}
        <TextInput
          label="SKU"
          description="The number or code that no other product has. Upper and lower case make a difference, and it cannot be changed later."
          required
          withAsterisk={false}
          maxLength={MAX_SKU_LENGTH}
          autoComplete="off"
          spellCheck={false}
          value={sku}
          error={
            existing ? (
              <>
                “{existing.name}” has this SKU already. Choose another one, or{' '}
                <Anchor component={Link} href={productPath(existing.sku)} inherit underline="always">
                  edit that product
                </Anchor>
                .
              </>
            ) : (
              messages['sku']
            )
          }
          onChange={({ currentTarget }) => setSku(currentTarget.value)}
        />
        <TextInput
          label="Name"
          description="Several products can have the same name."
          required
          withAsterisk={false}
          maxLength={MAX_NAME_LENGTH}
          autoComplete="off"
          value={name}
          error={messages['name']}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Textarea
          label="Description"
          autosize
          minRows={4}
          maxRows={14}
          value={description}
          error={messages['description']}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
        <Group gap="sm">
          <Button type="submit" loading={fetching}>
            Create the product
          </Button>
          <Button variant="default" component={Link} href="/products">
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
