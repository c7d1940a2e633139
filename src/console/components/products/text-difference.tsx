// Two versions of a text, with what differs marked in each.

import { type Change, diffWordsWithSpace } from 'diff';
import { Fragment } from 'react';

/** Beyond this number of changed words, all of the text is marked. */
const MAX_EDITS = 400;

interface TextDifferenceProps {
  before: string;
  after: string;
  /** Which of the two is shown. */
  shows: 'before' | 'after';
}

export function TextDifference({ before, after, shows }: TextDifferenceProps) {
  const isBefore = shows === 'before';
  const shown = changesOf(before, after).filter(({ added, removed }) => (isBefore ? !added : !removed));
  const Mark = isBefore ? 'del' : 'ins';
  return shown.map(({ value, added, removed }, index) =>
    added || removed ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts never change
      <Mark key={index}>{value}</Mark>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts never change
      <Fragment key={index}>{value}</Fragment>
    ),
  );
}

function changesOf(before: string, after: string): Pick<Change, 'value' | 'added' | 'removed'>[] {
  const changes = diffWordsWithSpace(before, after, { maxEditLength: MAX_EDITS });
  return (
    changes ?? [
      { value: before, added: false, removed: true },
      { value: after, added: true, removed: false },
    ]
  );
}
