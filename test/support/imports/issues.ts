// The rejected and superseded rows of an import, read page by page.

import { expectNoErrors, query } from '../server/graphql-client.ts';

export interface Issue {
  line: number;
  kind: 'REJECTED' | 'SUPERSEDED';
  code: string;
  column: string | null;
  message: string;
  record: string;
  winningLine: number | null;
}

export interface IssuePage {
  edges: { node: Issue; cursor: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
}

const ISSUES = `query ($id: ID!, $first: Int, $after: String, $kind: RowIssueKind) {
  import(id: $id) {
    issues(first: $first, after: $after, kind: $kind) {
      edges { cursor node { line kind code column message record winningLine } }
      pageInfo { hasNextPage hasPreviousPage endCursor }
    }
  }
}`;

export async function issuePage(
  url: string,
  id: string,
  args: { first?: number; after?: string | null; kind?: Issue['kind'] | undefined } = {},
): Promise<IssuePage> {
  const answer = await query<{ import: { issues: IssuePage } }>(url, ISSUES, { id, ...args });
  return expectNoErrors(answer).import.issues;
}

/** All issues, read in pages of the given size. */
export async function importIssues(
  url: string,
  id: string,
  { first = 500, kind }: { first?: number; kind?: Issue['kind'] } = {},
): Promise<Issue[]> {
  const issues: Issue[] = [];
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo }: IssuePage = await issuePage(url, id, { first, after, kind });
    issues.push(...edges.map(({ node }) => node));
    if (!pageInfo.hasNextPage) return issues;
    after = pageInfo.endCursor;
  }
}
