// The addresses of products. A SKU may hold anything, so it stands in the query, where nothing means something else.

export function productPath(sku: string): string {
  return `/products/edit?${new URLSearchParams({ sku })}`;
}

export function productsWithNamePath(name: string): string {
  return `/products?${new URLSearchParams({ name })}`;
}
