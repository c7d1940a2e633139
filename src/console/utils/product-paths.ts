// Paths of the product pages. The SKU is a query parameter, because it may contain slashes.

export function productPath(sku: string): string {
  return `/products/edit?${new URLSearchParams({ sku })}`;
}

export function productsWithNamePath(name: string): string {
  return `/products?${new URLSearchParams({ name })}`;
}
