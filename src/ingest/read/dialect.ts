// How to read a file: options of its sender that override what is detected.

/** STANDARD: as in RFC 4180. NONE: quotes are ordinary characters, and each line ending ends a row. */
export type Quoting = 'STANDARD' | 'NONE';

export interface Dialect {
  /** One ASCII character. Default: detected in the header. */
  delimiter?: string | undefined;
  /** Name of an encoding. Default: UTF-8, or what a byte order mark says. */
  encoding?: string | undefined;
  /** Default: STANDARD. */
  quoting?: Quoting | undefined;
  /** Whether to ignore spaces after a delimiter. Default: false. */
  skipInitialSpace?: boolean | undefined;
  /** Of a workbook: the name of the sheet to read. Default: the only one with data. */
  sheet?: string | undefined;
}

/** A dialect as stored in the database: null stands for a default. */
export interface StoredDialect {
  delimiter: string | null;
  encoding: string | null;
  quoting: Quoting;
  skipInitialSpace: boolean;
  sheet: string | null;
}

export const DEFAULT_DIALECT: StoredDialect = {
  delimiter: null,
  encoding: null,
  quoting: 'STANDARD',
  skipInitialSpace: false,
  sheet: null,
};

export function dialectOf({ delimiter, encoding, quoting, skipInitialSpace, sheet }: StoredDialect): Dialect {
  return {
    ...(delimiter !== null && { delimiter }),
    ...(encoding !== null && { encoding }),
    quoting,
    skipInitialSpace,
    ...(sheet !== null && { sheet }),
  };
}

/** A dialect for code that works on bytes. */
export interface ByteDialect {
  /** The delimiter's byte. */
  delimiter: number;
  /** Default: STANDARD. */
  quoting?: Quoting | undefined;
  /** Whether to ignore spaces and tabs at the start of a field. Default: false. */
  skipInitialSpace?: boolean | undefined;
  /** Whether line breaks inside fields are coded, as in a sheet of a workbook. Default: false. */
  hasCodedBreaks?: boolean | undefined;
}
