// What can happen to rows of a file that have the same SKU, for people.

import type { DuplicateRule } from '../../api/reading-draft.ts';

export const DUPLICATE_RULES: { value: DuplicateRule; label: string }[] = [
  { value: 'LAST_WINS', label: 'The last one is imported' },
  { value: 'FIRST_WINS', label: 'The first one is imported' },
  { value: 'REJECT', label: 'None is imported' },
];
