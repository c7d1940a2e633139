// Corrects one rejected row and imports it: its record below the header of its file, as a file of its own.

import { Alert, Anchor, Button, Code, Group, Loader, Stack, Text, Textarea } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useApi, useFreshQuery, useImport, useUploads } from '../../api/api.tsx';
import { hasEnded, type ImportState } from '../../api/import-state.ts';
import { isBlank } from '../../components/blank.ts';
import { CheckIcon, WarningIcon } from '../../components/icons.tsx';
import { shownText, withEdit } from '../../components/kept-line-ends.ts';
import { messageOf } from '../../components/states.tsx';
import { type Issue, Issues } from './documents.ts';
import { fileOfOneRow, headerOf } from './one-row-file.ts';

interface CorrectRowProps {
  state: ImportState;
  issue: Issue;
  onClose(): void;
}

export function CorrectRow({ state, issue, onClose }: CorrectRowProps) {
  const { uploads } = useApi();
  const [record, setRecord] = useState(issue.record);
  const [importId, setImportId] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const source = {
    fileName: state.fileName,
    columns: state.columns ?? [],
    delimiter: state.delimiter ?? ',',
  };
  function send() {
    const file = fileOfOneRow(source, { line: issue.line, record });
    setImportId(uploads.add([file], { delimiter: source.delimiter })[0]);
  }
  return (
    <Stack
      gap="sm"
      mt="sm"
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Text size="sm" component="div">
        The columns of the file: <Code>{headerOf(source)}</Code>
      </Text>
      <Textarea
        label={`Line ${issue.line}, corrected`}
        description="As CSV: a field with a line break, a quote or what stands between fields goes into double quotes."
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
        autosize
        minRows={2}
        maxRows={12}
        spellCheck={false}
        ref={field}
        value={shownText(record)}
        onChange={({ target }) => setRecord((text) => withEdit(text, target))}
      />
      <Group gap="sm">
        <Button type="submit" size="sm" disabled={isBlank(record)}>
          Import this row
        </Button>
        <Button variant="subtle" size="sm" onClick={onClose}>
          Close
        </Button>
      </Group>
      {importId && <Correction key={importId} id={importId} />}
    </Stack>
  );
}

/** What became of the corrected row. */
function Correction({ id }: { id: string }) {
  const upload = useUploads().find((each) => each.id === id);
  const { state } = useImport(id);
  if (upload?.error) return <Problem title={upload.error.code}>{upload.error.message}</Problem>;
  if (!state || !hasEnded(state)) {
    return (
      <Group gap="xs" role="status">
        <Loader size="xs" />
        <Text size="sm">The row is imported …</Text>
      </Group>
    );
  }
  if (state.error) return <Problem title={state.error.code}>{state.error.message}</Problem>;
  if (state.rows.rejected > 0) return <RejectedAgain id={id} />;
  const { inserted, updated } = state.rows;
  const words = inserted
    ? 'A new product was inserted'
    : updated
      ? 'The product was updated'
      : 'The product was so already';
  return (
    <Alert color="teal" icon={<CheckIcon />} role="status" title="The row is in the catalogue">
      {words}:{' '}
      <Anchor component={Link} href={`/imports/${id}`} inherit underline="always">
        see its import
      </Anchor>
      .
    </Alert>
  );
}

function RejectedAgain({ id }: { id: string }) {
  const [{ data, error }] = useFreshQuery({ query: Issues, variables: { id, first: 1 } });
  const [issue] = data?.import?.issues.nodes ?? [];
  return (
    <Problem title={issue ? `Rejected again: ${issue.code}` : 'Rejected again'}>
      {issue?.message ?? (error && messageOf(error))}
    </Problem>
  );
}

function Problem({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Alert color="red" icon={<WarningIcon />} role="alert" title={title}>
      {children}
    </Alert>
  );
}
