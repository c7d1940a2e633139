// Changes or deletes many products in one transaction. Each stands for itself: what cannot be done is told, and the rest is
// done.

import { type FieldError, LoadstoneError } from '../../../errors.ts';
import type { Database } from '../../postgres/connection/database.ts';
import { isStorable } from '../../postgres/sql/storable-text.ts';
import type { Product } from '../product.ts';
import { DEFAULT_MAX_DESCRIPTION_LENGTH } from '../product-rules.ts';
import { checkChanges, type ProductChanges, type ProductLimits, unknownSku } from './product-store.ts';

export interface ProductDeletion {
  sku: string;
  /** The version that the client has read, to avoid overwriting a newer change. */
  updatedAt?: Date | null | undefined;
}

export interface ProductUpdate extends ProductDeletion, ProductChanges {}

export interface ProductEdit {
  sku: string;
  outcome: 'UPDATED' | 'UNCHANGED' | 'DELETED' | 'FAILED';
  /** As it is now, or was if it has been deleted; null if there is none, or if the values were invalid. */
  product: Product | null;
  error: ProductEditError | null;
}

/** Why an edit failed. */
export interface ProductEditError {
  code: 'NOT_FOUND' | 'CONFLICT' | 'BAD_USER_INPUT';
  message: string;
  /** The first invalid field, if it is a matter of fields. */
  field: string | null;
  /** All invalid fields. */
  fields: readonly FieldError[];
}

interface Row extends Omit<Product, 'sku'> {
  outcome: 'UPDATED' | 'UNCHANGED' | 'DELETED' | 'CONFLICT' | 'NOT_FOUND';
}

export class ProductBatchStore {
  readonly #db: Database;
  readonly #limits: ProductLimits;

  constructor(
    db: Database,
    limits: ProductLimits = { maxDescriptionLength: DEFAULT_MAX_DESCRIPTION_LENGTH },
  ) {
    this.#db = db;
    this.#limits = limits;
  }

  /**
   * Updates products, as `ProductStore.update` does with one.
   *
   * @param updates of different products
   * @param author the name of who does this, for its history; null if that is unknown
   * @returns in the order of the updates
   */
  async update(updates: readonly ProductUpdate[], author: string | null = null): Promise<ProductEdit[]> {
    const prepare = (update: ProductUpdate) => {
      const { attributes } = checkChanges(update, this.#limits);
      // As JSON, null to keep them.
      return { ...update, attributes: attributes ? JSON.stringify(attributes) : null };
    };
    const write = (valid: readonly ReturnType<typeof prepare>[]) => this.#db.sql<Row[]>`
      SELECT outcome, name, description, updated_at AS "updatedAt", coalesce(attributes, '{}') AS attributes
      FROM update_products(
        ${valid.map(({ sku }) => sku)}::text[],
        ${valid.map(({ name }) => name ?? null)}::text[],
        ${valid.map(({ description }) => description ?? null)}::text[],
        ${versionsOf(valid)}::text[]::timestamptz[],
        ${author}::text,
        ${valid.map(({ attributes }) => attributes)}::text[]::jsonb[]
      )`;
    return editEach(updates, prepare, write);
  }

  /**
   * Deletes products, as `ProductStore.delete` does with one.
   *
   * @param deletions of different products
   * @param author see `update`
   * @returns in the order of the deletions
   */
  async delete(deletions: readonly ProductDeletion[], author: string | null = null): Promise<ProductEdit[]> {
    const write = (valid: readonly ProductDeletion[]) => this.#db.sql<Row[]>`
      SELECT outcome, name, description, updated_at AS "updatedAt", coalesce(attributes, '{}') AS attributes
      FROM delete_products(
        ${valid.map(({ sku }) => sku)}::text[], ${versionsOf(valid)}::text[]::timestamptz[], ${author}::text
      )`;
    return editEach(deletions, (deletion) => deletion, write);
  }
}

/**
 * @param prepare throws LoadstoneError if the values are invalid
 * @param write the function of drizzle/0027_edit_attributes.sql or 0024_authors.sql, which answers in the order of what it
 *   is given
 */
async function editEach<Edit extends ProductDeletion, Prepared>(
  edits: readonly Edit[],
  prepare: (edit: Edit) => Prepared,
  write: (valid: readonly Prepared[]) => Promise<readonly Row[]>,
): Promise<ProductEdit[]> {
  const checked = edits.map((edit) => preparedOrFault(edit, prepare));
  const valid = checked.flatMap((each) => ('fault' in each ? [] : [each.prepared]));
  const rows = valid.length === 0 ? [] : await write(valid);
  const written = rows.values();
  return edits.map(({ sku }, index) => {
    const each = checked[index];
    return each && 'fault' in each
      ? failed(sku, each.fault, null)
      : resultOf(sku, written.next().value as Row);
  });
}

function preparedOrFault<Edit extends ProductDeletion, Prepared>(
  edit: Edit,
  prepare: (edit: Edit) => Prepared,
): { prepared: Prepared } | { fault: LoadstoneError } {
  try {
    const prepared = prepare(edit);
    return isStorable(edit.sku) ? { prepared } : { fault: unknownSku(edit.sku) };
  } catch (error) {
    if (error instanceof LoadstoneError) return { fault: error };
    throw error;
  }
}

function resultOf(sku: string, { outcome, ...values }: Row): ProductEdit {
  if (outcome === 'NOT_FOUND') return failed(sku, unknownSku(sku), null);
  const product = { sku, ...values };
  if (outcome === 'CONFLICT') return failed(sku, conflict(product), product);
  return { sku, outcome, product, error: null };
}

function failed(
  sku: string,
  { code, message, fields }: LoadstoneError,
  product: Product | null,
): ProductEdit {
  return {
    sku,
    outcome: 'FAILED',
    product,
    error: { code: code as ProductEditError['code'], message, field: fields[0]?.field ?? null, fields },
  };
}

function conflict({ updatedAt }: Product): LoadstoneError {
  const message = `Someone changed this product at ${updatedAt.toISOString()}, after you read it. Nothing was written. See the current product in \`product\`; to apply your change anyway, send it again with its \`updatedAt\`.`;
  return new LoadstoneError('CONFLICT', message);
}

function versionsOf(edits: readonly ProductDeletion[]): (string | null)[] {
  return edits.map(({ updatedAt }) => updatedAt?.toISOString() ?? null);
}
