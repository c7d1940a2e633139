// Warnings about SKUs that were accepted but probably are not as intended.

import type { WarningCode } from '../../codes/warning-codes.ts';
import type { ImportWarning } from '../../db/tables.ts';
import type { SuspectSkus } from './messages.ts';

type Suspicion = keyof SuspectSkus;

const WARNINGS: Record<Suspicion, { code: WarningCode; one: string; many: string; rest: string }> = {
  padded: {
    code: 'PADDED_SKU',
    one: 'A SKU starts or ends',
    many: 'SKUs start or end',
    rest: 'with white space or other invisible characters. They were kept: with them it is a different SKU than without.',
  },
  rounded: {
    code: 'ROUNDED_SKU',
    one: 'A SKU is a number',
    many: 'SKUs are numbers',
    rest: 'in the short form of spreadsheets (4.00601E+12), in which digits are lost. Several SKUs may have become one. Format the column as text in the spreadsheet, and save it as CSV again.',
  },
};

export class SuspectSkuCounter {
  readonly #sum: SuspectSkus = { padded: none(), rounded: none() };

  add(suspects: SuspectSkus): void {
    for (const suspicion of Object.keys(this.#sum) as Suspicion[]) {
      const sum = this.#sum[suspicion];
      sum.count += suspects[suspicion].count;
      sum.line = Math.min(sum.line, suspects[suspicion].line);
    }
  }

  warnings(): ImportWarning[] {
    const found = (Object.keys(this.#sum) as Suspicion[]).filter(
      (suspicion) => this.#sum[suspicion].count > 0,
    );
    return found.map((suspicion) => {
      const { count, line } = this.#sum[suspicion];
      const { code, one, many, rest } = WARNINGS[suspicion];
      return { code, message: `${count === 1 ? one : `${count} ${many}`} ${rest}`, line };
    });
  }
}

function none() {
  return { count: 0, line: Number.POSITIVE_INFINITY };
}
