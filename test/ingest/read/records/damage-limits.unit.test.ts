// A file may be damaged in every line. What is known of them takes no more memory than a few blocks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockSplitter, type RecordBlock } from '../../../../src/ingest/read/records/block-splitter.ts';
import { fieldCountRange } from '../../../../src/ingest/read/records/field-count.ts';
import { memoryInUse } from '../../../support/memory-in-use.ts';

const MIB = 1024 * 1024;
const FILE_BYTES = 8 * MIB;

const LINES = [
  ['a quote within a field', 'a"b,c,d\n'],
  ['a quote that is never closed', '"a,b,c\n'],
  ['a quote that is closed too early', '"a"b,c,d\n'],
  ['inches', 'Screen 15" wide,sku-12345,A screen of 15" with "many" words, as texts are\n'],
] as const;

for (const [what, line] of LINES)
  test(`a file whose every line has ${what} is read in blocks that know of a few thousand of them`, () => {
    const splitter = new BlockSplitter({
      dialect: { delimiter: 0x2c },
      fieldCounts: fieldCountRange(['name', 'sku', 'description']),
      firstLine: 2,
      maxRecordBytes: 20 * MIB,
      blockBytes: MIB,
    });
    const count = Math.floor(FILE_BYTES / line.length);
    const file = Buffer.from(line.repeat(count));
    const before = memoryInUse();
    let most = 0;
    let lines = 0;
    let bytes = 0;
    let mostDamaged = 0;
    const take = (blocks: Iterable<RecordBlock | undefined>) => {
      for (const block of blocks) {
        if (!block) continue;
        assert.deepEqual(Buffer.from(block.bytes), file.subarray(bytes, bytes + block.bytes.length));
        bytes += block.bytes.length;
        mostDamaged = Math.max(mostDamaged, block.damaged.length);
        for (const { lineCount } of block.damaged) lines += lineCount;
      }
      most = Math.max(most, memoryInUse() - before);
    };
    for (let at = 0; at < file.length; at += MIB / 4) take(splitter.push(file.subarray(at, at + MIB / 4)));
    take(splitter.end());
    assert.equal(bytes, file.length);
    assert.equal(lines, count);
    // Those of the recovery that fills the block come on top of those before it.
    assert.ok(mostDamaged <= 30_000, `${mostDamaged} in a block`);
    assert.ok(most < 32 * MIB, `${most} bytes in use`);
  });
