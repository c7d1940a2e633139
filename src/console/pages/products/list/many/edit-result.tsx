// What became of an edit of many products: how many were done, and which were not, with the reason.

import { Alert, List, Stack, Text } from '@mantine/core';
import { WarningIcon } from '../../../../components/display/icons.tsx';
import { errorMessage } from '../../../../utils/errors/error-message.ts';
import { plainError } from '../../../../utils/errors/plain-message.ts';
import { formatCount, pluralize } from '../../../../utils/format.ts';
import type { ProductEdit } from './documents.ts';
import type { EditProgress } from './run-edits.ts';

const LISTED = 50;
const TITLE = { title: { color: 'var(--mantine-color-text)' } };

interface EditResultProps {
  progress: EditProgress;
  /** What was done to the products, such as "renamed". */
  done: string;
}

export function EditResult({ progress, done }: EditResultProps) {
  const { failed, left, ended } = progress;
  return (
    <Stack gap="sm">
      <Text size="sm" role="status" fw={600}>
        {pluralize(progress.done, 'product')} {progress.done === 1 ? 'was' : 'were'} {done}.
      </Text>
      {ended && (
        <Alert
          color="orange"
          icon={<WarningIcon />}
          styles={TITLE}
          title={ended === 'STOPPED' ? 'You stopped it' : 'It could not go on'}
        >
          {ended === 'STOPPED'
            ? `${pluralize(left.length, 'product')} ${left.length === 1 ? 'was' : 'were'} left as they are.`
            : ended.networkError
              ? `The server cannot be reached right now. Of the last ${formatCount(left.length)} it is not known whether they were ${done}. They stay selected; it is safe to try again when the server is back.`
              : errorMessage(ended)}
        </Alert>
      )}
      {failed.length > 0 && (
        <Alert
          color="orange"
          icon={<WarningIcon />}
          styles={TITLE}
          title={`${pluralize(failed.length, 'product')} could not be ${done}`}
        >
          <List size="sm" style={{ overflowWrap: 'anywhere' }}>
            {failed.slice(0, LISTED).map((edit) => (
              <List.Item key={edit.sku}>
                <b>{edit.sku}</b>: {reasonOf(edit)}
              </List.Item>
            ))}
          </List>
          {failed.length > LISTED && (
            <Text size="sm">And {formatCount(failed.length - LISTED)} more, which stay selected.</Text>
          )}
        </Alert>
      )}
    </Stack>
  );
}

function reasonOf({ error, product }: ProductEdit): string {
  if (error?.code === 'NOT_FOUND') return 'it does not exist any more.';
  if (error?.code === 'CONFLICT')
    return `someone else changed it meanwhile. Its name is now “${product?.name}”. It stays selected, to be looked at and tried again.`;
  return error ? plainError(error) : '';
}
