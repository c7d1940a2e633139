// A chosen file: what it is, what its columns become, and how it is read. Imports it with one click.

import { Button, Checkbox, Group, Loader, Paper, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useApi } from '../../../api/api.tsx';
import { FIELDS, optionsOf, type ReadingDraft } from '../../../api/reading-draft.ts';
import type { ChosenFile } from '../../../api/upload/chosen-files.ts';
import { useLeaveGuard } from '../../../leaving/guard-context.ts';
import { formatBytes } from '../../../utils/format.ts';
import { ColumnTable } from './column-table.tsx';
import { columnSummary, columnsOf, missingFields, suggestedChoices } from './columns.ts';
import { FileSummary } from './file-summary.tsx';
import { InspectionNotes } from './inspection-notes.tsx';
import { InspectionProblem } from './inspection-problem.tsx';
import { draftErrors, OptionFields } from './option-fields.tsx';
import { ProfileFields } from './profile-fields.tsx';
import { useInspection } from './use-inspection.ts';

/** Errors that other options may cure. */
const READING_CODES = new Set(['INVALID_ENCODING', 'UNBALANCED_QUOTE', 'HEADER_TOO_LARGE']);

interface InspectionCardProps {
  chosen: ChosenFile;
  /** Whether everything is shown although nothing is wrong. */
  isOpen: boolean;
}

export function InspectionCard({ chosen: item, isOpen }: InspectionCardProps) {
  const { chosen, uploads } = useApi();
  const guard = useLeaveGuard();
  const [, navigate] = useLocation();
  const { id, file, draft } = item;
  const { phase, inspection, error, sheets, inspect } = useInspection(item);
  const change = (changes: Partial<ReadingDraft>) => chosen.change(id, changes);

  const suggested = phase === 'done' && inspection && suggestedChoices(inspection, draft);
  useEffect(() => {
    // Part of the profile, if one was applied.
    if (suggested) chosen.change(id, { mapping: suggested, profile: draft.profile });
  });

  const columns = inspection ? columnsOf(inspection, draft) : [];
  const missing = inspection ? missingFields(columns, draft) : [];
  const hasProblem = error !== undefined || (inspection?.error ?? null) !== null;
  const errors = draftErrors(draft);
  const isReadable =
    phase === 'failed' ? error?.code === 'CONNECTION_LOST' : (inspection?.error ?? null) === null;
  const canImport = isReadable && Object.keys(errors).length === 0;
  useEffect(() => chosen.setReadable(id, canImport), [chosen, id, canImport]);
  const details = useToggle(isOpen || hasProblem);
  const isOneColumn = missing.length > 0 && columns.length === 1;
  const options = useToggle(useEver(isOneColumn || (error !== undefined && READING_CODES.has(error.code))));

  function start(preview: boolean): void {
    const [importId] = uploads.add([file], { ...optionsOf(draft), ...(preview && { preview }) });
    chosen.remove(id);
    if (preview) navigate(`/imports/${importId}`);
  }

  return (
    <Paper withBorder p="md" component="article" aria-label={`${file.name}, to import`}>
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <div style={{ minWidth: 0, flex: '1 1 14rem' }}>
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {file.name}
            </Text>
            <Text size="sm" c="dimmed" component="div">
              {phase === 'running' && !inspection ? (
                <Group gap={6} role="status">
                  <Loader size={12} /> Looking into the file…
                </Group>
              ) : inspection ? (
                <FileSummary inspection={inspection} size={file.size} isOutdated={phase === 'running'} />
              ) : (
                formatBytes(file.size)
              )}
            </Text>
          </div>
          <Group gap="xs">
            <Button
              size="sm"
              disabled={!canImport}
              aria-label={`Import ${file.name}`}
              onClick={() => start(false)}
            >
              Import
            </Button>
            <Button
              size="sm"
              variant="default"
              disabled={!canImport}
              aria-label={`Preview ${file.name}`}
              onClick={() => guard.leave(() => start(true))}
            >
              Preview
            </Button>
            <Button
              size="sm"
              variant="default"
              aria-label={`Remove ${file.name}`}
              onClick={() => chosen.remove(id)}
            >
              Remove
            </Button>
          </Group>
        </Group>
        {phase === 'asking' && (
          <Group gap="sm">
            <Text size="sm">
              To look into this archive, all of it has to be sent: {formatBytes(file.size)}. You can also
              import it as it is.
            </Text>
            <Button size="xs" variant="default" onClick={inspect}>
              Look into it
            </Button>
          </Group>
        )}
        <InspectionProblem
          file={file}
          draft={draft}
          inspection={inspection}
          error={error}
          missing={missing}
          onChange={change}
          onRetry={inspect}
        />
        {inspection && (
          <InspectionNotes file={file} draft={draft} inspection={inspection} onChange={change} />
        )}
        {inspection && details.isOpen && (
          <>
            <ColumnTable fileName={file.name} columns={columns} draft={draft} onChange={change} />
            {columns.length > FIELDS.length && (
              <Checkbox
                label="Keep the other columns as attributes of the products"
                checked={draft.keepColumns}
                onChange={({ currentTarget }) => change({ keepColumns: currentTarget.checked })}
              />
            )}
          </>
        )}
        {inspection && !details.isOpen && <Text size="sm">{columnSummary(columns)}</Text>}
        <Group gap="sm">
          {inspection && (
            <ToggleButton {...details}>
              {details.isOpen ? 'Hide the columns' : 'Show the columns'}
            </ToggleButton>
          )}
          <ToggleButton {...options}>Options</ToggleButton>
        </Group>
        {options.isOpen && (
          <Stack gap="lg">
            <OptionFields
              draft={draft}
              inspection={inspection}
              sheets={sheets}
              errors={errors}
              onChange={change}
            />
            <ProfileFields draft={draft} onChange={change} />
          </Stack>
        )}
      </Stack>
    </Paper>
  );
}

interface Toggle {
  isOpen: boolean;
  toggle(): void;
}

/** @param isWanted opens it, until the user says otherwise */
function useToggle(isWanted: boolean): Toggle {
  const [chosen, setChosen] = useState<boolean>();
  const isOpen = chosen ?? isWanted;
  return { isOpen, toggle: () => setChosen(!isOpen) };
}

/** Whether it has been true: what helped to solve a problem stays open. */
function useEver(isTrue: boolean): boolean {
  const [wasTrue, setWasTrue] = useState(false);
  useEffect(() => {
    if (isTrue) setWasTrue(true);
  }, [isTrue]);
  return isTrue || wasTrue;
}

function ToggleButton({ isOpen, toggle, children }: Toggle & { children: string }) {
  return (
    <Button size="compact-sm" variant="subtle" aria-expanded={isOpen} onClick={toggle}>
      {children}
    </Button>
  );
}
