// The GraphQL documents of the names page.

import { graphql, type ResultOf } from '../../api/graphql.ts';

export const Names = graphql(`
  query Names(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $orderBy: ProductCountOrder
    $filter: ProductCountFilter
  ) {
    productCountsByName(
      first: $first
      after: $after
      last: $last
      before: $before
      orderBy: $orderBy
      filter: $filter
    ) {
      nodes {
        name
        productCount
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

export type NameWithCount = ResultOf<typeof Names>['productCountsByName']['nodes'][number];

/** A separate query, because counting is slower than loading a page of the list. */
export const NameTotal = graphql(`
  query NameTotal($filter: ProductCountFilter) {
    productCountsByName(first: 0, filter: $filter) {
      totalCount
    }
  }
`);

/** The data of both charts in one query, so that they agree with each other. */
export const NameCharts = graphql(`
  query NameCharts($top: Int) {
    top: productCountsByName(first: $top) {
      nodes {
        name
        productCount
      }
    }
    histogram: productCountHistogram {
      from
      to
      names
      products
    }
  }
`);

export type Bucket = ResultOf<typeof NameCharts>['histogram'][number];
