// The form that adds or edits a data source.

import { Button, Group, NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { Link, useLocation } from 'wouter';
import { fieldMessages } from '../../../api/error-extensions.ts';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { useUnsavedEdits } from '../../../leaving/use-unsaved-edits.ts';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { UNITS, type Unit } from '../interval.ts';
import { KINDS, MODES } from '../labels.ts';
import { ColumnFields } from './column-fields.tsx';
import { HeaderFields } from './header-fields.tsx';
import { ImportOptionFields } from './import-option-fields.tsx';
import { ProfileChoice } from './profile-choice.tsx';
import {
  changesOf,
  type FieldErrors,
  headersChanged,
  isFieldName,
  type SourceDraft,
  validate,
} from './source-draft.ts';

interface SourceFormProps {
  start: SourceDraft;
  /** Whether an existing source is edited, whose settings are `start`. */
  isEdit: boolean;
  submitLabel: string;
  /** The target of the Cancel button. */
  cancelHref: string;
  /** @returns the path of the saved source, or the error if it was not saved */
  onSubmit(draft: SourceDraft): Promise<string | CombinedError | undefined>;
}

export function SourceForm({ start, isEdit, submitLabel, cancelHref, onSubmit }: SourceFormProps) {
  const [draft, setDraft] = useState(start);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [failure, setFailure] = useState<string>();
  const [isSending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const before = isEdit ? start : undefined;
  const edits = useUnsavedEdits(JSON.stringify(draft) !== JSON.stringify(start));
  const [, navigate] = useLocation();
  const change = (changes: Partial<SourceDraft>) => setDraft({ ...draft, ...changes });

  // Focuses the first invalid field after validation has failed.
  useEffect(() => {
    if (Object.keys(errors).length > 0)
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [errors]);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (isSending) return;
    setFailure(undefined);
    const found = validate(draft, before);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    setSending(true);
    const outcome = await onSubmit(draft);
    setSending(false);
    if (typeof outcome === 'string') {
      edits.release();
      // Replaces the form in the history, so that the back button skips it.
      navigate(outcome, { replace: true });
      return;
    }
    if (!outcome) return;
    const messages = fieldMessages(outcome);
    setErrors(messages);
    const names = Object.keys(messages);
    if (names.length === 0 || !names.every(isFieldName)) setFailure(saveErrorMessage(outcome));
  }

  const isUnchanged = isEdit && Object.keys(changesOf(draft, start)).length === 0;
  const keepsSavedHeaders = isEdit && start.headers.length > 0 && !headersChanged(draft, start);
  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate aria-label={submitLabel}>
      <Stack gap="lg" maw="44rem">
        {failure && <ErrorAlert title="The source was not saved" error={failure} />}
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
          label="Kind"
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
            label="Check every"
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
            description="The percentage of the source's products that an import may delete. An import that would delete more waits for confirmation, which protects against files that are empty or incomplete by mistake."
            inputMode="decimal"
            autoComplete="off"
            rightSection="%"
            styles={{ input: { maxWidth: '8rem' }, wrapper: { maxWidth: '8rem' } }}
            value={draft.maxDeleted}
            error={errors.maxDeletedShare}
            onChange={({ currentTarget }) => change({ maxDeleted: currentTarget.value })}
          />
        )}
        <ProfileChoice
          profile={draft.options.profile}
          error={errors.profile}
          onChange={(profile) => change({ options: { ...draft.options, profile } })}
        />
        <ColumnFields options={draft.options} errors={errors} onChange={(options) => change({ options })} />
        <ImportOptionFields
          options={draft.options}
          errors={errors}
          onChange={(options) => change({ options })}
        />
        <HeaderFields
          headers={draft.headers}
          hasSavedHeaders={isEdit && start.headers.length > 0}
          sendsToNewHost={keepsSavedHeaders && originOf(draft.url) !== originOf(start.url)}
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

function saveErrorMessage(error: CombinedError): string {
  return error.networkError
    ? 'The server cannot be reached right now, so this may or may not have been saved. Check the source when the server is back. It is safe to save again.'
    : errorMessage(error);
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
