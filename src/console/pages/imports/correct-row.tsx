// A form that corrects a rejected row and imports it as a file of its own, with the header of the original file.

import { Alert, Anchor, Button, Code, Group, Loader, Stack, Text, Textarea } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useApi, useFreshQuery, useImport, useUploads } from '../../api/api.tsx';
import { hasEnded, type ImportState } from '../../api/import-state.ts';
import { CheckIcon, WarningIcon } from '../../components/display/icons.tsx';
import { errorMessage } from '../../utils/error-message.ts';
import { errorTitle } from '../../utils/error-texts.ts';
import { isBlank } from '../../utils/is-blank.ts';
import { issueLabel } from '../../utils/issue-labels.ts';
import { applyEdit, toTextFieldValue } from '../../utils/line-endings.ts';
import { plainError, plainIssue } from '../../utils/plain-message.ts';
import { type Issue, Issues } from './documents.ts';
import { headerRow, singleRowFile } from './single-row-file.ts';

/** Stands for bytes that are not valid text. */
const REPLACEMENT_CHARACTER = '\ufffd';

interface CorrectRowProps {
  state: ImportState;
  issue: Issue;
  onClose(): void;
}

export function CorrectRow({ state, issue, onClose }: CorrectRowProps) {
  const { uploads } = useApi();
  const [record, setRecord] = useState(issue.recordIsWhole ? issue.record : '');
  const [importId, setImportId] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const source = {
    fileName: state.fileName,
    columns: state.columns ?? [],
    delimiter: state.delimiter ?? ',',
    quoting: state.quoting,
  };
  const hasLostBytes = !issue.recordIsWhole && record.includes(REPLACEMENT_CHARACTER);
  function submit() {
    const file = singleRowFile(source, { line: issue.line, record });
    const { quoting, skipInitialSpace } = state;
    setImportId(uploads.add([file], { delimiter: source.delimiter, quoting, skipInitialSpace })[0]);
  }
  return (
    <Stack
      gap="sm"
      mt="sm"
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Text size="sm" component="div">
        Columns of the file: <Code>{headerRow(source)}</Code>
      </Text>
      {!issue.recordIsWhole && (
        <Text size="sm">
          The row shown above is incomplete: it was truncated, or has � in place of bytes that are not valid
          text. Enter the whole row again.
        </Text>
      )}
      <Textarea
        label={`Line ${issue.line}, corrected`}
        description="As CSV: enclose a field in double quotes if it contains a line break, a quote or the delimiter."
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
        autosize
        minRows={2}
        maxRows={12}
        spellCheck={false}
        ref={field}
        value={toTextFieldValue(record)}
        error={hasLostBytes && 'Replace � with the correct characters.'}
        onChange={({ target }) => setRecord((text) => applyEdit(text, target))}
      />
      <Group gap="sm">
        <Button type="submit" size="sm" disabled={isBlank(record) || hasLostBytes}>
          Import this row
        </Button>
        <Button variant="subtle" size="sm" onClick={onClose}>
          Close
        </Button>
      </Group>
      {importId && <CorrectionOutcome key={importId} id={importId} />}
    </Stack>
  );
}

/** The outcome of importing the corrected row. */
function CorrectionOutcome({ id }: { id: string }) {
  const upload = useUploads().find((each) => each.id === id);
  const { state } = useImport(id);
  if (upload?.error) return <FailedCorrection error={upload.error} />;
  if (!state || !hasEnded(state)) {
    return (
      <Group gap="xs" role="status">
        <Loader size="xs" />
        <Text size="sm">Importing the row…</Text>
      </Group>
    );
  }
  if (state.error) return <FailedCorrection error={state.error} />;
  if (state.rows.rejected > 0) return <RejectedAgain id={id} />;
  const { inserted, updated } = state.rows;
  const outcome = inserted
    ? 'A new product was inserted'
    : updated
      ? 'The product was updated'
      : 'No change: the product already has these values';
  return (
    <Alert color="teal" icon={<CheckIcon />} role="status" title="The row is in the catalogue">
      {outcome}:{' '}
      <Anchor component={Link} href={`/imports/${id}`} inherit underline="always">
        view the import
      </Anchor>
      .
    </Alert>
  );
}

function FailedCorrection({ error }: { error: { code: string; message: string } }) {
  return <Problem title={errorTitle(error.code, 'The row was not imported')}>{plainError(error)}</Problem>;
}

function RejectedAgain({ id }: { id: string }) {
  const [{ data, error }] = useFreshQuery({ query: Issues, variables: { id, first: 1 } });
  const [issue] = data?.import?.issues.nodes ?? [];
  return (
    <Problem title={issue ? `Rejected again: ${issueLabel(issue.code)}` : 'Rejected again'}>
      {issue ? plainIssue(issue) : error && errorMessage(error)}
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
