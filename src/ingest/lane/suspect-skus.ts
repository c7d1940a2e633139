// What the sender of a file is told of SKUs that were taken as they are, and may not be what was meant.

import type { WarningCode } from '../../codes/warning-codes.ts';
import type { ImportWarning } from '../../db/tables.ts';
import type { SuspectSkus } from './messages.ts';

type Suspicion = keyof SuspectSkus;

const WARNINGS: Record<Suspicion, { code: WarningCode; one: string; many: string; rest: string }> = {
  padded: {
    code: 'PADDED_SKU',
    one: 'A SKU begins or ends',
    many: 'SKUs begin or end',
    rest: 'with white space or other characters that cannot be seen. They were kept: such a SKU is another one than the same without them.',
  },
  rounded: {
    code: 'ROUNDED_SKU',
    one: 'A SKU is a number',
    many: 'SKUs are numbers',
    rest: 'as spreadsheets shorten them (4.00601E+12). They were kept, but digits are lost, and several SKUs may have become one. Show the column as text in the spreadsheet, and save it as CSV anew.',
  },
};

/** Sums what the blocks of a file have of them. */
export class SuspectSkuCounter {
  readonly #sum: SuspectSkus = { padded: none(), rounded: none() };

  add(odd: SuspectSkus): void {
    for (const oddity of Object.keys(this.#sum) as Suspicion[]) {
      const sum = this.#sum[oddity];
      sum.count += odd[oddity].count;
      sum.line = Math.min(sum.line, odd[oddity].line);
    }
  }

  warnings(): ImportWarning[] {
    const found = (Object.keys(this.#sum) as Suspicion[]).filter((oddity) => this.#sum[oddity].count > 0);
    return found.map((oddity) => {
      const { count, line } = this.#sum[oddity];
      const { code, one, many, rest } = WARNINGS[oddity];
      return { code, message: `${count === 1 ? one : `${count} ${many}`} ${rest}`, line };
    });
  }
}

function none() {
  return { count: 0, line: Number.POSITIVE_INFINITY };
}
