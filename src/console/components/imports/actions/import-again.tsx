// Leads back to the options of a file that failed or had rejected rows, as long as this tab still has it.

import { Anchor, Button, Group, Text } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { useApi, useFreshQuery } from '../../../api/api.tsx';
import type { ImportState } from '../../../api/live/import-state.ts';
import { draftOf, type ReadingDraft } from '../../../api/reading-draft.ts';
import type { QueuedUpload } from '../../../api/upload/upload-queue.ts';
import { useGuessedEncoding } from '../../../hooks/use-guessed-encoding.ts';
import { encodingLabel } from '../../../utils/reading/encodings.ts';
import { RejectionCounts } from '../documents.ts';

const ENCODING_CODES = new Set(['INVALID_UTF8', 'INVALID_ENCODING']);

export function ImportAgain({ state, upload }: { state: ImportState; upload: QueuedUpload | undefined }) {
  const isMisread = useIsMisread(state);
  const guess = useGuessedEncoding(isMisread ? upload?.file : undefined);
  const { chosen } = useApi();
  const [, navigate] = useLocation();
  if (!upload) {
    const isWorthwhile = isMisread || state.status === 'FAILED';
    return isWorthwhile && !state.source ? <ChooseAgain isMisread={isMisread} /> : null;
  }
  const again = (changes: Partial<ReadingDraft> = {}) => {
    chosen.add([upload.file], { ...draftOf(upload.options), ...changes });
    navigate('/');
  };
  return (
    <Group gap="sm">
      {guess !== undefined && guess !== upload.options.encoding && (
        <Button size="xs" onClick={() => again({ encoding: guess, profile: '' })}>
          Import again as {encodingLabel(guess)}
        </Button>
      )}
      <Button size="xs" variant="default" onClick={() => again()}>
        Import again with other options
      </Button>
    </Group>
  );
}

/** The browser has the file no more. */
function ChooseAgain({ isMisread }: { isMisread: boolean }) {
  return (
    <Text size="sm">
      {isMisread && 'The file is probably in another encoding. '}
      <Anchor component={Link} href="/" inherit underline="always">
        Choose the file again
      </Anchor>{' '}
      {isMisread ? 'and set its encoding there.' : 'to see what is wrong with it, and to set how it is read.'}
    </Text>
  );
}

/** Whether the file is probably in another encoding: most of its rejections, or its header, say so. */
function useIsMisread({ id, rows, error }: ImportState): boolean {
  const [{ data }] = useFreshQuery({
    query: RejectionCounts,
    variables: { id },
    pause: rows.rejected === 0,
  });
  if (error) return error.code === 'INVALID_ENCODING';
  const counts = data?.import?.issueCounts ?? [];
  const misread = counts
    .filter(({ code }) => ENCODING_CODES.has(code))
    .reduce((sum, { count }) => sum + count, 0);
  return misread > rows.rejected / 2;
}
