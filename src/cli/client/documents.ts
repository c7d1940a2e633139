// The GraphQL documents that commands send. A server that allows only documents of a list allows these, too.

export const IMPORT_FIELDS = `
  id fileName status bytesReceived bytesTotal bytesProcessed percent rowsPerSecond etaSeconds
  rows { read inserted updated unchanged superseded rejected }
  error { code message } waitingFor waitingReason retryableUntil createdAt startedAt finishedAt issuesUrl`;

export const IMPORT_PRODUCTS = `mutation ($file: Upload!, $options: ImportOptions) {
  importProducts(file: $file, options: $options) { ${IMPORT_FIELDS} }
}`;

export const IMPORT_PROGRESS = `subscription ($id: ID!) { importProgress(id: $id) { ${IMPORT_FIELDS} } }`;

export const CANCEL_IMPORT = `mutation ($id: ID!) { cancelImport(id: $id) { ${IMPORT_FIELDS} } }`;

export const UNDO_IMPORT = `mutation ($id: ID!) { undoImport(id: $id) { ${IMPORT_FIELDS} } }`;

export const COMMIT_IMPORT = `mutation ($id: ID!) { commitImport(id: $id) { ${IMPORT_FIELDS} } }`;

export const FIRST_REJECTED = `query ($id: ID!) {
  import(id: $id) { issues(first: 10, kind: REJECTED) { edges { node { line column code message } } } }
}`;

export const WARNINGS = 'query ($id: ID!) { import(id: $id) { warnings { code message line } } }';

export const UNDONE = `query ($id: ID!) {
  import(id: $id) {
    rows { read inserted updated deleted kept }
    keptProducts(first: 10) { nodes { sku kind changedBy { id fileName } } }
  }
}`;

export const PREVIEW = `query ($id: ID!) { import(id: $id) { expiresAt preview {
  rows { inserted updated unchanged superseded rejected } namesChanged names { name countNow countThen }
  samples(kind: UPDATED) { line sku before { ...values } after { ...values } }
} } }
fragment values on PreviewedProduct { name description attributes }`;

const productExport = (
  fields: string,
) => `query ($filter: ProductFilter, $bom: Boolean, $attributes: [String!]) {
  products(first: 0, filter: $filter) { ${fields} exportUrl(bom: $bom, attributes: $attributes) }
}`;
export const PRODUCT_EXPORT = productExport('');
/** Counting takes as long as exporting, if there is a filter. */
export const COUNTED_PRODUCT_EXPORT = productExport('totalCount');
export const COUNT_EXPORT = `query ($filter: ProductCountFilter, $bom: Boolean) {
  productCountsByName(first: 0, filter: $filter) { totalCount exportUrl(bom: $bom) }
}`;
export const CHANGE_EXPORT = 'query ($id: ID!, $bom: Boolean) { import(id: $id) { changesUrl(bom: $bom) } }';
