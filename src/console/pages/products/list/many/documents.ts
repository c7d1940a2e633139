// The GraphQL documents that edit many products at once.

import { graphql, type ResultOf } from '../../../../api/graphql.ts';
import { ProductFields } from '../../documents.ts';

const EditFields = graphql(
  `
    fragment EditFields on ProductEdit {
      sku
      outcome
      product {
        ...ProductFields
      }
      error {
        code
        message
      }
    }
  `,
  [ProductFields],
);

export type ProductEdit = ResultOf<typeof EditFields>;

export const RenameProducts = graphql(
  `
    mutation RenameProducts($products: [ProductUpdate!]!) {
      updateProducts(products: $products) {
        ...EditFields
      }
    }
  `,
  [EditFields],
);

export const DeleteProducts = graphql(
  `
    mutation DeleteProducts($products: [ProductDeletion!]!) {
      deleteProducts(products: $products) {
        ...EditFields
      }
    }
  `,
  [EditFields],
);

/** Pages of the products of a filter, to select all of them. */
export const ProductsToSelect = graphql(
  `
    query ProductsToSelect($filter: ProductFilter, $after: String) {
      products(first: 500, after: $after, filter: $filter) {
        nodes {
          ...ProductFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [ProductFields],
);
