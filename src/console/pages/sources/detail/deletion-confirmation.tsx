// Asks the user to confirm a deletion that exceeds what the data source may delete without confirmation.

import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { useMutation } from 'urql';
import { QuestionIcon } from '../../../components/display/icons.tsx';
import { Needs } from '../../../components/layout/needs.tsx';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { formatCount, pluralize } from '../../../utils/format.ts';
import { ConfirmDeletion, type Deletion, type Source } from '../documents.ts';
import { formatShare } from '../labels.ts';
import classes from './deletion-confirmation.module.css';

interface DeletionConfirmationProps {
  source: Source;
  deletion: Deletion;
}

export function DeletionConfirmation({
  source: { id, maxDeletedShare },
  deletion,
}: DeletionConfirmationProps) {
  const { importId, products, of, isConfirmed } = deletion;
  const [{ fetching, error }, confirm] = useMutation(ConfirmDeletion);
  const howMany = pluralize(products, 'product');
  return (
    <Alert
      color="orange"
      icon={<QuestionIcon />}
      title={isConfirmed ? `${howMany} will be deleted` : `Delete ${howMany}?`}
      classNames={{ title: classes['title'] ?? '' }}
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          The source no longer has {formatCount(products)} of the {pluralize(of, 'product')} imported from it.
          It may delete at most {formatShare(maxDeletedShare)} at once without confirmation, so nothing was
          imported.
        </Text>
        <Skus deletion={deletion} />
        {isConfirmed ? (
          <Text size="sm" role="status">
            The deletion is confirmed. The file is being fetched again, and its import deletes these products.
          </Text>
        ) : (
          <Needs access="ADMIN">
            <Text size="sm">
              If you confirm, the file is fetched again and imported, and these products are deleted from the
              catalogue. If other products are missing by then, you are asked again. If the file is wrong,
              correct it at the source; the next check detects the change.
            </Text>
            <Group gap="sm">
              <Button color="red.9" loading={fetching} onClick={() => void confirm({ id, importId })}>
                Delete {howMany}
              </Button>
              {error && (
                <Text size="sm" c="var(--mantine-color-error)" role="alert">
                  {errorMessage(error)}
                </Text>
              )}
            </Group>
          </Needs>
        )}
      </Stack>
    </Alert>
  );
}

function Skus({ deletion: { skus, products } }: { deletion: Deletion }) {
  const more = products - skus.length;
  return (
    <Group gap={6} component="ul" className={classes['skus'] ?? ''} aria-label="SKUs of these products">
      {skus.map((sku) => (
        <li key={sku}>
          <Code>{sku}</Code>
        </li>
      ))}
      {more > 0 && <li>and {formatCount(more)} more</li>}
    </Group>
  );
}
