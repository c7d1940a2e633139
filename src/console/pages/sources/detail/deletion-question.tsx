// A deletion that is larger than what a data source may delete without asking: what would go, and the answer.

import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { useMutation } from 'urql';
import { countOf, formatCount } from '../../../components/format.ts';
import { QuestionIcon } from '../../../components/icons.tsx';
import { messageOf } from '../../../components/states.tsx';
import { ConfirmDeletion, type Deletion, type Source } from '../documents.ts';
import { shareInWords } from '../words.ts';
import classes from './deletion-question.module.css';

interface DeletionQuestionProps {
  source: Source;
  deletion: Deletion;
}

export function DeletionQuestion({ source: { id, maxDeletedShare }, deletion }: DeletionQuestionProps) {
  const { importId, products, of, isConfirmed } = deletion;
  const [{ fetching, error }, confirm] = useMutation(ConfirmDeletion);
  const howMany = countOf(products, 'product');
  return (
    <Alert
      color="orange"
      icon={<QuestionIcon />}
      title={isConfirmed ? `${howMany} will be deleted` : `Shall ${howMany} be deleted?`}
      classNames={{ title: classes['title'] ?? '' }}
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          The source does not have {formatCount(products)} of the {countOf(of, 'product')} any more that it
          brought, and may delete only {shareInWords(maxDeletedShare)} at once without asking. So nothing of
          what it has now was imported.
        </Text>
        <Skus deletion={deletion} />
        {isConfirmed ? (
          <Text size="sm" role="status">
            The deletion is confirmed. The content is fetched again, and these products go with its import.
          </Text>
        ) : (
          <>
            <Text size="sm">
              If you confirm, its content is fetched again and imported, and these products are deleted from
              the catalogue. If others are gone by then, you are asked anew. If the file is wrong, correct it
              where it comes from: that is noticed at the next check.
            </Text>
            <Group gap="sm">
              <Button color="red.9" loading={fetching} onClick={() => void confirm({ id, importId })}>
                Delete {howMany}
              </Button>
              {error && (
                <Text size="sm" c="var(--mantine-color-error)" role="alert">
                  {messageOf(error)}
                </Text>
              )}
            </Group>
          </>
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
