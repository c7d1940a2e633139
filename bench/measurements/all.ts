// All measurements, in the order of the report.

import type { Measurement } from '../bench.ts';
import { access } from './access.ts';
import { big } from './big.ts';
import { few, half } from './changes.ts';
import { drizzle } from './drizzle.ts';
import { edits } from './edits.ts';
import { exporting, exportingLarge } from './export.ts';
import { firstLoad } from './first-load.ts';
import { growth } from './growth.ts';
import { gzip } from './gzip.ts';
import { readers } from './readers.ts';
import { search, searchLarge } from './search.ts';
import { start } from './start.ts';
import { subscribers } from './subscribers.ts';

export const MEASUREMENTS: readonly Measurement[] = [
  ...[firstLoad, drizzle, gzip, exporting, readers, search, subscribers, access, start],
  ...[big, half, few, edits, exportingLarge, searchLarge, growth],
];
