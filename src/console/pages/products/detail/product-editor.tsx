// Edits the name, the description and the attributes of a product, and shows how the counts of the old and new name change.

import { Alert, Button, Group, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { fieldMessages } from '../../../api/error-extensions.ts';
import { CheckIcon } from '../../../components/display/icons.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { LookOnly } from '../../../components/layout/needs.tsx';
import { type NameCount, useNameCounts } from '../../../hooks/use-refresh-on-change.ts';
import { useMay } from '../../../hooks/use-session.ts';
import { useUnsavedEdits } from '../../../leaving/use-unsaved-edits.ts';
import { escapeProps } from '../../../utils/escape-props.ts';
import { applyEdit, toTextFieldValue } from '../../../utils/reading/line-endings.ts';
import { type Product, UpdateProduct } from '../documents.ts';
import { productOf, saveErrorMessage } from '../product-errors.ts';
import { changesOf, draftOf } from './attribute-draft.ts';
import { AttributeFields } from './attribute-fields.tsx';
import { DeleteProductButton } from './delete-product-button.tsx';
import { EditConflict } from './edit-conflict.tsx';
import { NameCountPreview } from './name-count-preview.tsx';

/** How long to wait after a keystroke before the counts of the new name are loaded. */
const DEBOUNCE_MS = 250;
const MAX_NAME_LENGTH = 512;

interface ProductEditorProps {
  /** The product when the edit began; without attributes, these are not shown. Later changes by others are detected when the edit is saved. */
  product: Product;
  /** Focuses the name field. */
  autoFocus?: boolean;
  onClose(): void;
  onDeleted(): void;
}

/** The last saved change of the name, with the counts before it. */
interface Saved {
  from: string;
  to: string;
  before: readonly NameCount[];
}

export function ProductEditor({ product, autoFocus = false, onClose, onDeleted }: ProductEditorProps) {
  const mayEdit = useMay('WRITER');
  const nameInput = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => {
    if (autoFocus) nameInput.current?.focus();
  }, [autoFocus]);
  const [base, setBase] = useState(product);
  const [name, setName] = useState(product.name);
  const [description, setDescription] = useState(product.description);
  const hasAttributes = product.attributes !== undefined;
  const [attributes, setAttributes] = useState(() => draftOf(product.attributes));
  const [saved, setSaved] = useState<Saved>();
  const [conflict, setConflict] = useState<Product>();
  const [{ fetching, error }, update] = useMutation(UpdateProduct);
  const [counts, setCounts] = useState<readonly NameCount[]>([]);
  const [typed] = useDebouncedValue(name, DEBOUNCE_MS);
  // After a conflict, what the product has now would be replaced.
  const messages = saved ? {} : fieldMessages(error);
  const shown = saved ?? { from: (conflict ?? base).name, to: typed };
  useNameCounts([...new Set([shown.from, shown.to])], setCounts);

  // A single-line field would remove line breaks from the name.
  const NameInput = /[\r\n]/.test(base.name) ? Textarea : TextInput;
  const attributeChanges = (onto: Product) => (hasAttributes ? changesOf(attributes, onto.attributes) : {});
  const isChanged =
    name !== base.name || description !== base.description || Object.keys(attributeChanges(base)).length > 0;
  const edits = useUnsavedEdits(isChanged, 'sku');
  const close = () => edits.leave(onClose);

  async function save(onto: Product): Promise<void> {
    const changed = attributeChanges(onto);
    const input = {
      ...(name !== onto.name && { name }),
      ...(description !== onto.description && { description }),
      ...(Object.keys(changed).length > 0 && { attributes: changed }),
    };
    const before = counts;
    const result = await update({ sku: onto.sku, input, updatedAt: onto.updatedAt });
    setConflict(productOf(result.error, 'CONFLICT'));
    const updated = result.data?.updateProduct;
    if (!updated) return;
    setSaved({ from: onto.name, to: updated.name, before });
    setBase(updated);
    setAttributes(draftOf(updated.attributes));
  }

  function discardEdits(theirs: Product): void {
    setBase(theirs);
    setName(theirs.name);
    setDescription(theirs.description);
    setAttributes(draftOf(theirs.attributes));
    setConflict(undefined);
  }

  function edit(change: () => void): void {
    change();
    setSaved(undefined);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isChanged && !fetching) void save(base);
  }

  return (
    <form onSubmit={submit} aria-label={`Edit ${product.sku}`} {...escapeProps(close)}>
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
          <Stack gap="sm">
            <NameInput
              label="Name"
              required
              withAsterisk={false}
              maxLength={MAX_NAME_LENGTH}
              readOnly={!mayEdit}
              ref={nameInput}
              value={toTextFieldValue(name)}
              error={messages['name']}
              onChange={({ target }) => edit(() => setName((text) => applyEdit(text, target)))}
            />
            <NameCountPreview from={shown.from} to={shown.to} counts={counts} before={saved?.before} />
          </Stack>
          <Textarea
            label="Description"
            autosize
            minRows={4}
            maxRows={14}
            readOnly={!mayEdit}
            value={toTextFieldValue(description)}
            error={messages['description']}
            onChange={({ target }) => edit(() => setDescription((text) => applyEdit(text, target)))}
          />
        </SimpleGrid>
        {hasAttributes && (mayEdit || attributes.length > 0) && (
          <AttributeFields
            attributes={attributes}
            readOnly={!mayEdit}
            error={messages['attributes']}
            onChange={(changed) => edit(() => setAttributes(changed))}
          />
        )}
        {conflict && (
          <EditConflict
            theirs={conflict}
            mine={{ name, description, attributes: attributeChanges(conflict) }}
            busy={fetching}
            onUseTheirs={() => discardEdits(conflict)}
            onOverwrite={() => {
              setBase(conflict);
              void save(conflict);
            }}
          />
        )}
        {error && !conflict && Object.keys(messages).length === 0 && (
          <ErrorAlert title="The product was not saved" error={saveErrorMessage(error)} />
        )}
        {saved && (
          <Alert color="teal" icon={<CheckIcon />} role="status">
            Saved.
          </Alert>
        )}
        {!mayEdit && <LookOnly what="change products" />}
        <Group gap="sm">
          {mayEdit && (
            <Button type="submit" loading={fetching} disabled={!isChanged || conflict !== undefined}>
              Save
            </Button>
          )}
          <Button variant="default" onClick={close}>
            {isChanged ? 'Cancel' : 'Close'}
          </Button>
          {mayEdit && (
            <div style={{ marginInlineStart: 'auto' }}>
              <DeleteProductButton
                product={base}
                onDeleted={() => {
                  edits.release();
                  onDeleted();
                }}
              />
            </div>
          )}
        </Group>
      </Stack>
    </form>
  );
}
