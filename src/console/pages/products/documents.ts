// The GraphQL documents of the product pages.

import { graphql, type ResultOf } from '../../api/graphql.ts';
import { ChangeFields } from '../../api/product-change.ts';

export const ProductFields = graphql(`
  fragment ProductFields on Product {
    sku
    name
    description
    updatedAt
  }
`);

/** A list leaves the attributes out. */
export type Product = ResultOf<typeof ProductFields> & { attributes?: unknown };

export const Products = graphql(
  `
    query Products(
      $first: Int
      $after: String
      $last: Int
      $before: String
      $filter: ProductFilter
      $orderBy: ProductOrder
    ) {
      products(
        first: $first
        after: $after
        last: $last
        before: $before
        filter: $filter
        orderBy: $orderBy
      ) {
        nodes {
          ...ProductFields
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  `,
  [ProductFields],
);

/** A separate query, because counting is slower than loading a page of the list. */
export const ProductTotal = graphql(`
  query ProductTotal($filter: ProductFilter) {
    products(first: 0, filter: $filter) {
      totalCount
    }
  }
`);

export const ProductBySku = graphql(
  `
    query ProductBySku($sku: String!) {
      product(sku: $sku) {
        ...ProductFields
        attributes
      }
    }
  `,
  [ProductFields],
);

export const UpdateProduct = graphql(
  `
    mutation UpdateProduct($sku: String!, $input: UpdateProductInput!, $updatedAt: DateTime) {
      updateProduct(sku: $sku, input: $input, updatedAt: $updatedAt) {
        ...ProductFields
        attributes
      }
    }
  `,
  [ProductFields],
);

export const CreateProduct = graphql(
  `
    mutation CreateProduct($input: CreateProductInput!) {
      createProduct(input: $input) {
        ...ProductFields
      }
    }
  `,
  [ProductFields],
);

export const DeleteProduct = graphql(`
  mutation DeleteProduct($sku: String!, $updatedAt: DateTime) {
    deleteProduct(sku: $sku, updatedAt: $updatedAt) {
      sku
    }
  }
`);

/** Also of a product that does not exist any more. */
export const HistoryOfProduct = graphql(
  `
    query HistoryOfProduct($sku: String!, $first: Int, $after: String) {
      productHistory(sku: $sku, first: $first, after: $after) {
        nodes {
          ...ChangeFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [ChangeFields],
);
