// What the fields of the schema cost. A field costs 1 for its value unless it says otherwise; see docs/api.md.

/** As in the request, before they are checked: any value is possible. */
export type RawArguments = Readonly<Record<string, unknown>>;

export interface FieldCost {
  /** Of the field itself, without what is selected in it. */
  cost?: number | ((args: RawArguments) => number);
  /** The most items that a list can have. Of a page, it follows from `first` and `last`. */
  size?: number | ((args: RawArguments) => number);
  /** Of a page: of its `totalCount`. */
  total?: number;
}

/** Of a field that the database is asked for once for each object, not for all objects of a page together; of root fields. */
export const STATEMENT = 50;
/** Of a field for which the database reads all names, or all rows that match a filter. */
export const READ_ALL = 5000;
/** Of a query that waits for its turn: it reads all names or products, or thousands of values. */
export const EXPENSIVE = 5000;

/** An option of the field. */
export function costs(cost: FieldCost): { extensions: { cost: FieldCost } } {
  return { extensions: { cost } };
}

/** The cost of a page that may have to read everything to find its items. */
export function costOfSearch({ filter }: RawArguments): number {
  const given = (typeof filter === 'object' && filter !== null ? filter : {}) as RawArguments;
  return given['inDescription'] === true && given['words'] != null ? READ_ALL : STATEMENT;
}

export function lengthOf(list: unknown): number {
  if (list === undefined || list === null) return 0;
  return Array.isArray(list) ? list.length : 1;
}

/** Of a list with at most one item for each field of a product: SKU, name and description. */
export const PRODUCT_FIELDS = 3;
