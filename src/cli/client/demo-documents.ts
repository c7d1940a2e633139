// The GraphQL documents that the demos send. A server that allows only documents of a list allows these, too.

export const TOP_NAMES = `query ($first: Int!) {
  productCountsByName(first: $first) { totalCount nodes { name productCount } }
}`;

export const PRODUCT_WITH_NAME = `query ($name: String!) {
  products(first: 1, filter: { name: $name }) { nodes { sku } }
}`;

/** The names that begin so; the first is the name itself, if a product has it. */
export const COUNT_OF_NAME = `query ($name: String!) {
  productCountsByName(first: 1, orderBy: NAME_ASC, filter: { namePrefix: $name }) { nodes { name productCount } }
}`;

export const RENAME_PRODUCT = `mutation ($sku: String!, $name: String!) {
  updateProduct(sku: $sku, input: { name: $name }) { sku }
}`;

const SOURCE_FIELDS = `id name state error { code message } productCount
  lastImport { id rows { read inserted updated unchanged superseded rejected deleted } }`;

export const SOURCE_NAMES = 'query { dataSources(first: 500) { nodes { id name } } }';

export const REMOVE_SOURCE = 'mutation ($id: ID!) { removeDataSource(id: $id) { id } }';

export const ADD_SOURCE = `mutation ($input: AddDataSourceInput!) { addDataSource(input: $input) { ${SOURCE_FIELDS} } }`;

export const SOURCE = `query ($id: ID!) { dataSource(id: $id) { ${SOURCE_FIELDS} } }`;

export const TOTALS =
  'query { products(first: 0) { totalCount } productCountsByName(first: 0) { totalCount } }';
