// Changes or deletes many products in one transaction. Each stands for itself: what cannot be done is told, and the rest is
// done.

import { type FieldError, LoadstoneError } from '../../errors.ts';
import type { Database } from '../postgres/connection/database.ts';
import { isStorable } from '../postgres/storable-text.ts';
import type { Product } from './product.ts';
import { DEFAULT_MAX_DESCRIPTION_LENGTH } from './product-rules.ts';
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
    const write = (valid: readonly ProductUpdate[]) => this.#db.sql<Row[]>`
      SELECT outcome, name, description, updated_at AS "updatedAt", coalesce(attributes, '{}') AS attributes
      FROM update_products(
        ${valid.map(({ sku }) => sku)}::text[],
        ${valid.map(({ name }) => name ?? null)}::text[],
        ${valid.map(({ description }) => description ?? null)}::text[],
        ${versionsOf(valid)}::text[]::timestamptz[],
        ${author}::text,
        ${valid.map((changes) => this.#attributesOf(changes))}::text[]::jsonb[]
      )`;
    return editEach(updates, write, (changes) => void checkChanges(changes, this.#limits));
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
    return editEach(deletions, write);
  }

  /** As JSON, null to keep them. */
  #attributesOf(changes: ProductChanges): string | null {
    const { attributes } = checkChanges(changes, this.#limits);
    return attributes ? JSON.stringify(attributes) : null;
  }
}

/**
 * @param write the function of drizzle/0027_edit_attributes.sql or 0024_authors.sql, which answers in the order of what it is given
 * @param check throws LoadstoneError if the values are invalid
 */
async function editEach<Edit extends ProductDeletion>(
  edits: readonly Edit[],
  write: (valid: readonly Edit[]) => Promise<readonly Row[]>,
  check: (edit: Edit) => void = () => {},
): Promise<ProductEdit[]> {
  const faults = edits.map((edit) => faultOf(edit, check));
  const valid = edits.filter((_, index) => faults[index] === null);
  const rows = valid.length === 0 ? [] : await write(valid);
  const written = rows.values();
  return edits.map((edit, index) => {
    const fault = faults[index] ?? null;
    return fault ? failed(edit.sku, fault, null) : resultOf(edit.sku, written.next().value as Row);
  });
}

function faultOf<Edit extends ProductDeletion>(
  edit: Edit,
  check: (edit: Edit) => void,
): LoadstoneError | null {
  try {
    check(edit);
    return isStorable(edit.sku) ? null : unknownSku(edit.sku);
  } catch (error) {
    if (error instanceof LoadstoneError) return error;
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
