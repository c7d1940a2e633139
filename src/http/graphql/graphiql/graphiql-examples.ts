// The tabs with which GraphiQL opens first. A tab has the name of its operation; lines are short enough for half a window.

export interface Example {
  query: string;
  variables?: string;
}

const IMPORT = `mutation ImportByCurl(
  $file: Upload!
  $options: ImportOptions
) {
  importProducts(file: $file, options: $options) {
    id
    status
    error { code message }
  }
}
`;

const PROGRESS = `# All running imports, live. With \`(id: "…")\` one
# import, to its end. Stop with the button.
subscription Progress {
  importProgress {
    fileName
    status
    percent
    rowsPerSecond
    etaSeconds
    rows {
      read inserted updated
      unchanged superseded rejected
    }
  }
}
`;

const UPDATE = `# The counts of the old and the new name change
# with the product. Variables are below.
mutation Update(
  $sku: String!
  $input: UpdateProductInput!
) {
  updateProduct(sku: $sku, input: $input) {
    sku
    name
    nameCount
    description
    updatedAt
  }
}
`;

const COUNTS = `# How many products share a name: the ten most
# common names, each with its first products.
query Counts {
  productCountTotals { names products }
  productCountsByName(first: 10) {
    totalCount
    nodes {
      name
      productCount
      products(first: 3) { nodes { sku } }
    }
  }
}
`;

/** @param baseUrl of the server, for the command that imports a file */
export function graphiqlExamples(baseUrl: string): Example[] {
  const variables = { sku: 'a-1', input: { name: 'Ada' } };
  return [
    { query: `${commentOf(baseUrl)}${IMPORT}` },
    { query: PROGRESS },
    { query: UPDATE, variables: JSON.stringify(variables, null, 2) },
    { query: COUNTS },
  ];
}

/** Without spaces, as it is one line of the command. */
const SHORT_IMPORT = 'mutation($f:Upload!){importProducts(file:$f){id}}';

/** A shell command that imports the file products.csv, as lines of a comment. */
function commentOf(baseUrl: string): string {
  const lines = [
    `curl ${baseUrl}/graphql \\`,
    ` -F operations='{"variables":{"f":null},"query":`,
    `"${SHORT_IMPORT}"`,
    " }' \\",
    ` -F map='{"0":["variables.f"]}' \\`,
    ' -F 0=@products.csv',
  ];
  const command = lines.map((line) => `# ${line}\n`).join('');
  return `# GraphiQL cannot send files; a shell can:\n#\n${command}#\n# The same operation, with options:\n`;
}
