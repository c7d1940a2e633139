// The form of a data source: a new one, or one that is changed.

import { Button, Group, NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { Link } from 'wouter';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { errorMessage } from '../../../utils/error-message.ts';
import { UNITS, type Unit } from '../interval.ts';
import { KINDS, MODES } from '../labels.ts';
import { HeaderFields } from './header-fields.tsx';
import { ImportOptionFields } from './import-option-fields.tsx';
import {
  changesOf,
  type FieldErrors,
  type FieldName,
  headersChanged,
  type SourceDraft,
  validate,
} from './source-draft.ts';

interface SourceFormProps {
  start: SourceDraft;
  /** Whether it is there already, and `start` is how it is. */
  isChange: boolean;
  submitLabel: string;
  /** Where one gets who does not want to go on. */
  cancelHref: string;
  /** @returns why the server did not take it */
  onSubmit(draft: SourceDraft): Promise<CombinedError | undefined>;
}

export function SourceForm({ start, isChange, submitLabel, cancelHref, onSubmit }: SourceFormProps) {
  const [draft, setDraft] = useState(start);
  const [errors, setProblems] = useState<FieldErrors>({});
  const [failure, setFailure] = useState<string>();
  const [isSending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const before = isChange ? start : undefined;
  const change = (changes: Partial<SourceDraft>) => setDraft({ ...draft, ...changes });

  // Where somebody has to go on, once they have sent something that is refused.
  useEffect(() => {
    if (Object.keys(errors).length > 0)
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [errors]);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (isSending) return;
    setFailure(undefined);
    const found = validate(draft, before);
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    setSending(true);
    const error = await onSubmit(draft);
    setSending(false);
    if (!error) return;
    const field = fieldOf(error);
    if (field) setProblems({ [field]: errorMessage(error) });
    else setFailure(saveErrorMessage(error));
  }

  const isUnchanged = isChange && Object.keys(changesOf(draft, start)).length === 0;
  const keepsHeaders = isChange && start.headers.length > 0 && !headersChanged(draft, start);
  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate aria-label={submitLabel}>
      <Stack gap="lg" maw="44rem">
        {failure && <ErrorAlert title="Nothing was saved" error={failure} />}
        <TextInput
          label="Name"
          description="A unique name for this source."
          required
          withAsterisk={false}
          autoComplete="off"
          value={draft.name}
          error={errors.name}
          onChange={({ currentTarget }) => change({ name: currentTarget.value })}
        />
        <Radio.Group
          label="What is at the address"
          value={draft.kind}
          onChange={(kind) => change({ kind: kind as SourceDraft['kind'] })}
        >
          <Choices choices={KINDS} />
        </Radio.Group>
        <TextInput
          label="Address"
          description="Everyone who uses this console can see it, so do not include a user name, password or key."
          required
          withAsterisk={false}
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder="https://shop.example/export/products.csv"
          value={draft.url}
          error={errors.url}
          onChange={({ currentTarget }) => change({ url: currentTarget.value })}
        />
        <Group gap="xs" align="flex-start" wrap="nowrap">
          <TextInput
            label="Check it every"
            inputMode="decimal"
            autoComplete="off"
            w="8rem"
            value={draft.interval.amount}
            error={errors.intervalSeconds}
            onChange={({ currentTarget }) =>
              change({ interval: { ...draft.interval, amount: currentTarget.value } })
            }
          />
          <NativeSelect
            label="Unit"
            w="8rem"
            data={UNITS.map(({ value }) => value)}
            value={draft.interval.unit}
            onChange={({ currentTarget }) =>
              change({ interval: { ...draft.interval, unit: currentTarget.value as Unit } })
            }
          />
        </Group>
        <Radio.Group
          label="Import mode"
          value={draft.mode}
          onChange={(mode) => change({ mode: mode as SourceDraft['mode'] })}
        >
          <Choices choices={MODES} />
        </Radio.Group>
        {draft.mode === 'REPLACE' && (
          <TextInput
            label="Ask before deleting more than"
            description="Of the products that it has brought, in percent, at once. An import that would delete more waits until somebody confirms it here: so a file that is empty by mistake does no harm."
            inputMode="decimal"
            autoComplete="off"
            rightSection="%"
            styles={{ input: { maxWidth: '8rem' }, wrapper: { maxWidth: '8rem' } }}
            value={draft.maxDeleted}
            error={errors.maxDeletedShare}
            onChange={({ currentTarget }) => change({ maxDeleted: currentTarget.value })}
          />
        )}
        <ImportOptionFields
          reading={draft.reading}
          errors={errors}
          onChange={(reading) => change({ reading })}
        />
        <HeaderFields
          headers={draft.headers}
          isChange={isChange && start.headers.length > 0}
          goToNewHost={keepsHeaders && originOf(draft.url) !== originOf(start.url)}
          error={errors.headers}
          onChange={(headers) => change({ headers })}
        />
        <Group gap="sm">
          <Button type="submit" loading={isSending} disabled={isUnchanged}>
            {submitLabel}
          </Button>
          <Button variant="default" component={Link} href={cancelHref}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Choices({ choices }: { choices: readonly { value: string; label: string; description: string }[] }) {
  return (
    <Stack gap="xs" mt="xs">
      {choices.map(({ value, label, description }) => (
        <Radio key={value} value={value} label={label} description={description} />
      ))}
    </Stack>
  );
}

/** The field that the server says is at fault. */
function fieldOf(error: CombinedError): FieldName | undefined {
  return error.graphQLErrors[0]?.extensions['field'] as FieldName | undefined;
}

function saveErrorMessage(error: CombinedError): string {
  return error.networkError
    ? 'The server cannot be reached right now, so this may or may not have been saved. Check the source when the server is back. It is safe to save again.'
    : errorMessage(error);
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
