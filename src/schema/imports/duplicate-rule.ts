// Which of several rows with one SKU is imported.

import { builder } from '../builder.ts';

export const DuplicateRuleRef = builder.enumType('DuplicateRule', {
  description: 'What happens to rows of a file that have the same SKU.',
  values: {
    LAST_WINS: { description: 'The last one is imported; the others are superseded.' },
    FIRST_WINS: { description: 'The first one is imported; the others are superseded.' },
    REJECT: { description: 'All of them are rejected, with the code DUPLICATE_SKU.' },
  },
});

export const ON_DUPLICATE = 'What happens to rows of a file that have the same SKU. Default: LAST_WINS.';
