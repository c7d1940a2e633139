// GraphQL requests that latency is measured with, as JSON.

export function productQuery(sku: string): string {
  return JSON.stringify({
    query: 'query ($sku: String!) { product(sku: $sku) { sku name description } }',
    variables: { sku },
  });
}

export function countsQuery(): string {
  return JSON.stringify({
    query:
      '{ productCountsByName(first: 20) { edges { node { name productCount } } pageInfo { hasNextPage } } }',
  });
}

export function productsQuery(): string {
  return JSON.stringify({
    query: '{ products(first: 20) { nodes { sku name description } pageInfo { hasNextPage endCursor } } }',
  });
}

export function renameMutation(sku: string, name: string): string {
  return JSON.stringify({
    query:
      'mutation ($sku: String!, $input: UpdateProductInput!) { updateProduct(sku: $sku, input: $input) { sku name } }',
    variables: { sku, input: { name } },
  });
}

export function searchQuery(filter: { nameContains: string } | { search: string }): string {
  return JSON.stringify({
    query:
      'query ($filter: ProductFilter!) { products(first: 20, filter: $filter) { edges { node { sku name } } pageInfo { hasNextPage } } }',
    variables: { filter },
  });
}
