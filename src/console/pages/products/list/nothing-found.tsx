// Says that no product matches what was looked for, and what else can be tried.

import { Button } from '@mantine/core';
import { EmptyState } from '../../../components/layout/empty-state.tsx';
import { splitWords } from '../../../utils/split-words.ts';

interface NothingFoundProps {
  search: string;
  /** The exact name that the list is limited to; empty if it is not. */
  name: string;
  isInDescription: boolean;
  onLookInDescriptions(): void;
  onShowAll(): void;
}

export function NothingFound(props: NothingFoundProps) {
  const { search, name, isInDescription, onLookInDescriptions, onShowAll } = props;
  const places = isInDescription ? 'SKU, name or description' : 'SKU or name';
  const isLong = splitWords(search).length > 1;
  return (
    <EmptyState
      title="No products found"
      actions={
        <>
          {search && !isInDescription && (
            <Button onClick={onLookInDescriptions}>Look in descriptions too</Button>
          )}
          <Button variant="default" onClick={onShowAll}>
            Show all
          </Button>
        </>
      }
    >
      {name && !search && `No product has the name “${name}”.`}
      {name && search && `No product with the name “${name}” matches “${search}” in its ${places}.`}
      {!name && `No product matches “${search}” in its ${places}.`}
      {isLong && ' Each of the words must be there. Try fewer of them, or parts of words.'}
    </EmptyState>
  );
}
