// Reads products, and creates, updates and deletes single ones. Imports write products in src/db/merge.

import { FieldChecks, fieldError, LoadstoneError } from '../../../errors.ts';
import { shorten } from '../../../shorten.ts';
import type { Database } from '../../postgres/connection/database.ts';
import { inOneSnapshot } from '../../postgres/snapshot.ts';
import type { Page, Window } from '../../postgres/sql/keyset.ts';
import { isStorable } from '../../postgres/sql/storable-text.ts';
import type { ProductCount } from '../counts/count-pages.ts';
import { type Product, productColumns } from '../product.ts';
import {
  countCharacters,
  DEFAULT_MAX_DESCRIPTION_LENGTH,
  isBlank,
  MAX_NAME_LENGTH,
  MAX_SKU_LENGTH,
} from '../product-rules.ts';
import type { ProductFilter } from '../search/product-filter.ts';
import { ProductIndexUses } from '../search/product-index-uses.ts';
import type { ListedProduct, ProductKey, ProductOrder } from '../search/product-order.ts';
import { countProducts, readProducts } from '../search/product-queries.ts';
import { readProductsByName } from '../search/products-by-name.ts';
import { type AttributeChanges, checkAttributes, newAttributes } from './attribute-changes.ts';

export interface NewProduct {
  sku: string;
  name: string;
  description: string;
  /** Null and empty values are left out. */
  attributes?: AttributeChanges | null | undefined;
}

/** At least one of them is required. A client can send null, which is rejected. */
export interface ProductChanges {
  name?: string | null | undefined;
  description?: string | null | undefined;
  /** Those to set, and null or an empty text for those to remove. All others stay. */
  attributes?: AttributeChanges | null | undefined;
}

export interface ProductLimits {
  /** The maximum length of a description, and of the value of an attribute, in characters. */
  maxDescriptionLength: number;
}

type CreateOutcome = 'CREATED' | 'ALREADY_EXISTS';
type DeleteOutcome = 'DELETED' | 'CONFLICT' | 'NOT_FOUND';
type UpdateOutcome = 'UPDATED' | 'UNCHANGED' | 'CONFLICT' | 'NOT_FOUND';

/** The maximum length of a value in a message, in UTF-16 units. */
const SHOWN_LENGTH = 80;

export class ProductStore {
  readonly #db: Database;
  readonly #limits: ProductLimits;
  readonly #uses: ProductIndexUses;

  constructor(
    db: Database,
    limits: ProductLimits = { maxDescriptionLength: DEFAULT_MAX_DESCRIPTION_LENGTH },
  ) {
    this.#db = db;
    this.#limits = limits;
    this.#uses = new ProductIndexUses(db);
  }

  async get(sku: string): Promise<Product | undefined> {
    const [product] = await this.getMany([sku]);
    return product;
  }

  /** The products with these SKUs, in any order. */
  async getMany(skus: readonly string[]): Promise<Product[]> {
    const { sql } = this.#db;
    const possible = skus.filter(isStorable);
    if (possible.length === 0) return [];
    return sql<Product[]>`
      SELECT ${productColumns(sql)} FROM products WHERE sku = ANY (${possible}::text[])`;
  }

  /** All texts must be storable. */
  async page(
    window: Window<ProductKey>,
    filter: ProductFilter = {},
    order: ProductOrder = 'SKU_ASC',
    signal?: AbortSignal,
  ): Promise<Page<ListedProduct>> {
    const page = await inOneSnapshot(this.#db, (sql) => readProducts(sql, window, filter, order), signal);
    await this.#uses.note(filter, order);
    return page;
  }

  /**
   * A page of the products of each name, in the order of the names, each ordered by SKU.
   *
   * @param counts the names, and how many products they have
   */
  pagesOf(
    counts: readonly ProductCount[],
    window: Window<string>,
    signal?: AbortSignal,
  ): Promise<Page<Product>[]> {
    return inOneSnapshot(this.#db, (sql) => readProductsByName(sql, counts, window), signal);
  }

  /** The number of products that match the filter. */
  count(filter: ProductFilter = {}, signal?: AbortSignal): Promise<number> {
    return inOneSnapshot(this.#db, (sql) => countProducts(sql, filter), signal);
  }

  /**
   * Creates a product, counts its name, and releases the claims of data sources to its SKU, in one transaction.
   *
   * @param author the name of who does this, for its history; null if that is unknown
   * @throws LoadstoneError BAD_USER_INPUT for invalid values, ALREADY_EXISTS if a product has the SKU
   */
  async create(product: NewProduct, author: string | null = null): Promise<Product> {
    const attributes = checkNewProduct(product, this.#limits);
    const { sku, name, description } = product;
    // One round trip: the function is drizzle/0027_edit_attributes.sql.
    const [created] = await this.#db.sql<[Omit<Product, 'sku'> & { outcome: CreateOutcome }]>`
      SELECT outcome, new_name AS name, new_description AS description, version AS "updatedAt",
        coalesce(current_attributes, '{}') AS attributes
      FROM create_product(${sku}, ${name}, ${description}, ${author}::text, ${attributes}::text::jsonb)`;
    const { outcome, ...values } = created;
    if (outcome === 'ALREADY_EXISTS') throw alreadyExists({ sku, ...values });
    return { sku, ...values };
  }

  /**
   * Deletes a product, its count and the claims of data sources to its SKU, in one transaction.
   *
   * @param seen the `updatedAt` that the client has read, to avoid deleting a newer change
   * @param author see `create`
   * @returns the product as it was
   * @throws LoadstoneError NOT_FOUND if no product has the SKU, CONFLICT if the product has changed since `seen`
   */
  async delete(sku: string, seen?: Date, author: string | null = null): Promise<Product> {
    if (!isStorable(sku)) throw unknownSku(sku);
    const version = seen?.toISOString() ?? null;
    const [deleted] = await this.#db.sql<[Omit<Product, 'sku'> & { outcome: DeleteOutcome }]>`
      SELECT outcome, old_name AS name, old_description AS description, version AS "updatedAt",
        coalesce(old_attributes, '{}') AS attributes
      FROM delete_product(${sku}, ${version}::text::timestamptz, ${author}::text)`;
    const { outcome, ...values } = deleted;
    if (outcome === 'NOT_FOUND') throw unknownSku(sku);
    const product = { sku, ...values };
    if (outcome === 'CONFLICT') throw conflict(product);
    return product;
  }

  /**
   * Updates a product and, if its name changes, the counts of both names, in one transaction. If the values are already
   * the same, nothing is written and `updatedAt` stays.
   *
   * @param seen the `updatedAt` that the client has read, to avoid overwriting a newer change
   * @param author see `create`
   * @throws LoadstoneError NOT_FOUND if no product has the SKU, BAD_USER_INPUT for invalid values, CONFLICT if the product
   *   has changed since `seen`
   */
  async update(
    sku: string,
    changes: ProductChanges,
    seen?: Date,
    author: string | null = null,
  ): Promise<Product> {
    const wanted = checkChanges(changes, this.#limits);
    if (!isStorable(sku)) throw unknownSku(sku);

    // One round trip, in a transaction of its own: the function is drizzle/0027_edit_attributes.sql.
    const { name = null, description = null } = wanted;
    const attributes = wanted.attributes ? JSON.stringify(wanted.attributes) : null;
    // As text, so that each connection prepares one statement for calls with and without it.
    const version = seen?.toISOString() ?? null;
    const [updated] = await this.#db.sql<[Omit<Product, 'sku'> & { outcome: UpdateOutcome }]>`
      SELECT outcome, new_name AS name, new_description AS description, version AS "updatedAt",
        coalesce(current_attributes, '{}') AS attributes
      FROM update_product(
        ${sku}, ${name}, ${description}, ${version}::text::timestamptz, ${author}::text, ${attributes}::text::jsonb
      )`;
    const { outcome, ...values } = updated;
    if (outcome === 'NOT_FOUND') throw unknownSku(sku);
    const product = { sku, ...values };
    if (outcome === 'CONFLICT') throw conflict(product);
    return product;
  }
}

/** @returns its attributes as JSON, null for none */
function checkNewProduct(
  { sku, name, description, attributes }: NewProduct,
  limits: ProductLimits,
): string | null {
  const checks = new FieldChecks();
  checks.run(() => checkKey('sku', sku, MAX_SKU_LENGTH));
  checks.run(() => checkKey('name', name, MAX_NAME_LENGTH));
  checks.run(() => checkText('description', description, limits.maxDescriptionLength));
  const given = checks.run(() => checkAttributes(attributes ?? {}, limits.maxDescriptionLength));
  checks.finish();
  const kept = newAttributes(given ?? {});
  return Object.keys(kept).length > 0 ? JSON.stringify(kept) : null;
}

/** @throws LoadstoneError BAD_USER_INPUT for invalid values */
export function checkChanges(
  changes: ProductChanges,
  limits: ProductLimits,
): Partial<Pick<Product, 'name' | 'description'>> & { attributes?: Record<string, string | null> } {
  const { name, description, attributes } = changes;
  if (name === undefined && description === undefined && attributes === undefined) {
    throw new LoadstoneError(
      'BAD_USER_INPUT',
      'There is nothing to change: set `name`, `description`, `attributes` or several of them.',
    );
  }
  const checks = new FieldChecks();
  checks.run(() => {
    if (name !== undefined) checkKey('name', name, MAX_NAME_LENGTH);
  });
  checks.run(() => {
    if (description !== undefined) checkText('description', description, limits.maxDescriptionLength);
  });
  const given =
    attributes === undefined
      ? undefined
      : checks.run(() => checkAttributes(attributes, limits.maxDescriptionLength));
  checks.finish();
  return {
    ...(given && { attributes: given }),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
}

type Field = 'sku' | 'name' | 'description';

/** Of a string. */
const MAX_UNITS_PER_CHARACTER = 2;

/** A text that must not be blank. */
function checkKey(field: 'sku' | 'name', text: string | null, maxLength: number): void {
  checkText(field, text, maxLength);
  if (!isBlank(text ?? '')) return;
  const what = field === 'sku' ? 'a SKU' : 'a name';
  throw fieldError(
    field,
    'BLANK',
    `A product needs ${what}: \`${field}\` is empty or has only invisible characters.`,
  );
}

function checkText(field: Field, text: string | null, maxLength: number): void {
  if (text === null) {
    throw fieldError(field, 'REQUIRED', `\`${field}\` cannot be null. Omit it to keep the current value.`);
  }
  // Looking at each character would copy what has arrived in pieces.
  if (text.length > MAX_UNITS_PER_CHARACTER * maxLength) {
    const least = Math.ceil(text.length / MAX_UNITS_PER_CHARACTER);
    throw tooLong(field, `at least ${least}`, maxLength);
  }
  if (!isStorable(text)) {
    throw fieldError(
      field,
      'INVALID',
      `\`${field}\` contains a NUL character or an unpaired surrogate. Remove it.`,
    );
  }
  const length = countCharacters(text);
  if (length > maxLength) {
    throw tooLong(field, length, maxLength);
  }
}

function tooLong(field: Field, length: number | string, maxLength: number): LoadstoneError {
  const message = `\`${field}\` has ${length} characters, more than the ${maxLength} that are allowed.`;
  return fieldError(field, 'TOO_LONG', message);
}

function alreadyExists(product: Product): LoadstoneError {
  const message = `A product with the SKU "${shorten(product.sku, SHOWN_LENGTH)}" already exists: see \`extensions.product\`. Choose another SKU, or change this product with \`updateProduct\`.`;
  const fields = [{ field: 'sku', code: 'TAKEN' as const, message }];
  return new LoadstoneError('ALREADY_EXISTS', message, { details: { product }, fields });
}

function conflict(product: Product): LoadstoneError {
  const message = `Someone changed this product at ${product.updatedAt.toISOString()}, after you read it. Nothing was written. See the current product in \`extensions.product\`; to apply your change anyway, send it again with its \`updatedAt\`.`;
  return new LoadstoneError('CONFLICT', message, { details: { product } });
}

export function unknownSku(sku: string): LoadstoneError {
  return new LoadstoneError('NOT_FOUND', `No product has the SKU "${shorten(sku, SHOWN_LENGTH)}".`);
}
