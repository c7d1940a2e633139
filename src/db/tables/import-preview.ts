// The content of a preview, as it is stored.

/** What an import would do if it were merged now. */
export interface ImportPreview {
  /** The moment that all of it belongs to, in ISO format. */
  asOf: string;
  rows: PreviewedRows;
  /** How many names would have another count. */
  namesChanged: number;
  /** Those whose counts would change most, in that order. */
  names: NameCountMove[];
  /** The first rows of each kind, in the order of lines. */
  samples: PreviewSample[];
}

/** Numbers of rows. */
export interface PreviewedRows {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
  rejected: number;
  deleted: number;
}

export interface NameCountMove {
  name: string;
  countNow: number;
  countThen: number;
}

export type PreviewSampleKind = 'INSERTED' | 'UPDATED' | 'UNCHANGED' | 'SUPERSEDED';

export interface PreviewSample {
  kind: PreviewSampleKind;
  /** The physical line, from 1, on which the record starts. */
  line: number;
  sku: string;
  /** The product; null if there is none, or if the row is superseded. */
  before: PreviewedProduct | null;
  /** What the row says. */
  after: PreviewedProduct;
  /** Of a superseded row: the line of the row with the same SKU that would be used; null if that is in an earlier file. */
  winningLine: number | null;
}

export interface PreviewedProduct {
  name: string;
  description: string;
  attributes: Record<string, string>;
  /** Whether the description or an attribute is longer than shown. */
  isCut: boolean;
}
