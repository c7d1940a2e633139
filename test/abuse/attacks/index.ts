// All attacks, in the order of the report.

import type { Attack } from '../attack.ts';
import { bombs } from './bombs.ts';
import { giantLists } from './giant-lists.ts';
import { hostileQueries } from './hostile-queries.ts';
import { malformedMultipart } from './malformed-multipart.ts';
import { slowSenders } from './slow-senders.ts';
import { stalledDownloads } from './stalled-downloads.ts';
import { idleSubscribers, stalledSubscribers } from './subscribers.ts';
import { tokenGuessing } from './token-guessing.ts';

export const ATTACKS: readonly Attack[] = [
  ...[slowSenders, idleSubscribers, stalledSubscribers, stalledDownloads],
  ...[hostileQueries, giantLists, malformedMultipart, bombs, tokenGuessing],
];
