// How a file is to be read, where whoever sends it knows better than its content tells.

/** STANDARD: as RFC 4180 has it. NONE: a quote is a character like any other, and each line end ends a row. */
export type Quoting = 'STANDARD' | 'NONE';

export interface Dialect {
  /** One ASCII character between the fields; found in the header where it is left out. */
  delimiter?: string | undefined;
  /** A name of an encoding; UTF-8, or what a byte order mark says, where it is left out. */
  encoding?: string | undefined;
  /** Default: STANDARD. */
  quoting?: Quoting | undefined;
  /** Whether spaces behind a delimiter are no part of the field. Default: false. */
  skipInitialSpace?: boolean | undefined;
}

/** How a dialect stands in the database, where what was left out is null. */
export interface StoredDialect {
  delimiter: string | null;
  encoding: string | null;
  quoting: Quoting;
  skipInitialSpace: boolean;
}

export const DEFAULT_DIALECT: StoredDialect = {
  delimiter: null,
  encoding: null,
  quoting: 'STANDARD',
  skipInitialSpace: false,
};

export function dialectOf({ delimiter, encoding, quoting, skipInitialSpace }: StoredDialect): Dialect {
  return {
    ...(delimiter !== null && { delimiter }),
    ...(encoding !== null && { encoding }),
    quoting,
    skipInitialSpace,
  };
}

/** What those who look at single bytes need of a dialect. */
export interface ByteDialect {
  /** The delimiter's byte. */
  delimiter: number;
  /** Default: STANDARD. */
  quoting?: Quoting | undefined;
  /** Whether spaces and tabs at the start of a field are no part of it. Default: false. */
  skipInitialSpace?: boolean | undefined;
}
