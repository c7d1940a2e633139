// The fields of a product that a column of a file can become, for people.

import type { ProductField } from '../../api/reading-draft.ts';

export const FIELD_LABELS: Record<ProductField, string> = {
  SKU: 'SKU',
  NAME: 'Name',
  DESCRIPTION: 'Description',
};
