// The names that the large shop systems give to the SKU, the name and the description of a product in their exports.
//
// Only names of product exports belong here, as they are spelled there. Other names that may be meant are in column-names.ts:
// they are suggested, but not used without being asked.

import type { ProductField } from '../../../db/tables.ts';
import { normalizeColumnName } from './column-names.ts';

interface ShopExport {
  system: string;
  /** Where the names are documented. */
  source: string;
  columns: Partial<Record<ProductField, readonly string[]>>;
  /** The names count only in a header that has this column too, as alone they mean something else in many files. */
  beside?: string;
}

/** Names that equal ours, such as `SKU` of WooCommerce, need not be listed. */
export const SHOP_EXPORTS: readonly ShopExport[] = [
  {
    system: 'Shopify; its newer exports have SKU and Description',
    source: 'https://help.shopify.com/en/manual/products/import-export/using-csv',
    columns: { sku: ['Variant SKU'], name: ['Title'], description: ['Body (HTML)'] },
  },
  {
    system: 'WooCommerce, if the export has no column Description',
    source: 'https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema',
    columns: { description: ['Short description'] },
  },
  {
    system: 'Magento and Adobe Commerce, if the export has no column description',
    source:
      'https://experienceleague.adobe.com/en/docs/commerce-admin/systems/data-transfer/data-attributes-product',
    columns: { description: ['short_description'] },
  },
  {
    system: 'PrestaShop, the catalogue as it is exported',
    source:
      'https://docs.prestashop-project.org/1-6-documentation/user-guide/managing-catalog/managing-products',
    columns: { sku: ['Reference'] },
  },
  {
    system: 'PrestaShop, its sample file for imports',
    source: 'https://github.com/PrestaShop/PrestaShop/blob/develop/docs/csv_import/products_import.csv',
    columns: { sku: ['Reference #'], name: ['Name *'], description: ['Summary'] },
  },
  {
    system: 'BigCommerce, version 2 of its exports',
    source: 'https://support.bigcommerce.com/s/article/Importing-Exporting-Products',
    columns: {
      sku: ['Product Code/SKU'],
      name: ['Product Name'],
      description: ['Product Description'],
    },
  },
  {
    system: 'Amazon, inventory files',
    source: 'https://sellercentral.amazon.com/gp/help/external/G201576410',
    columns: { sku: ['item_sku'], name: ['item_name'], description: ['product_description'] },
  },
  {
    system: 'Amazon, listings reports',
    source: 'https://sellercentral.amazon.com/gp/help/external/200385890',
    columns: { sku: ['seller-sku'], name: ['item-name'], description: ['item-description'] },
  },
  {
    system: 'Google Merchant Center',
    source: 'https://support.google.com/merchants/answer/7052112',
    columns: { sku: ['id'], name: ['title'] },
    beside: 'title',
  },
];

/** Of Shopify, before and since it renamed its columns: rows are variants and images, and only the first one has all values. */
const VARIANT_HEADERS = [
  ['handle', 'title', 'variant sku'],
  ['url handle', 'title', 'sku'],
];

/** Whether rows without a name or a SKU belong to the product of a row above, as in exports of Shopify. */
export function hasVariantRows(header: readonly string[]): boolean {
  const names = header.map(normalizeColumnName);
  return VARIANT_HEADERS.some((wanted) => wanted.every((name) => names.includes(name)));
}

/** @returns the indexes of the columns that an export of a shop system has for this field */
export function shopColumns(header: readonly string[], field: ProductField): number[] {
  const names = header.map(normalizeColumnName);
  const usual = SHOP_EXPORTS.filter(({ beside }) => beside === undefined || names.includes(beside))
    .flatMap(({ columns }) => columns[field] ?? [])
    .map(normalizeColumnName);
  return names.flatMap((name, index) => (usual.includes(name) ? [index] : []));
}
