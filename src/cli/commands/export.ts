// `npm run export`: exports the catalogue of a running server as CSV.

import { CHANGE_EXPORT, COUNT_EXPORT, COUNTED_PRODUCT_EXPORT, PRODUCT_EXPORT } from '../client/documents.ts';
import { downloadCsv } from '../client/download-csv.ts';
import { LoadstoneClient } from '../client/loadstone-client.ts';
import { DEFAULT_URL, endpointOf } from '../endpoint.ts';
import { formatCount, formatDuration } from '../output/format.ts';
import { openProgressBar } from '../output/progress-bar.ts';
import { readArguments, runCommand, UsageError, untilInterrupted, wholeNumber } from '../run-command.ts';
import { TOKEN_OPTION, tokenFrom } from '../token.ts';

const USAGE = `Exports the catalogue of a running Loadstone server as CSV, as it is at one moment. Imported with --keep-columns, an export of
products leaves all of them unchanged.

  npm run export -- --out FILE [options]

  --out FILE            the file to write, compressed if its name ends in .gz; "-" is standard output. It is written under
                        another name, and replaces a file of this name only once it is whole
  --url URL             URL of the server (default: http://127.0.0.1:4000/graphql)
  --token TOKEN         token, if the server needs one (default: that of the variable LOADSTONE_TOKEN)
  --bom                 begin with a byte order mark, by which Excel recognizes UTF-8

Which products (default: all):
  --search TEXT         those that a search for this text finds
  --name NAME           those with this name
  --sku-prefix TEXT     those whose SKU begins with this
  --name-contains TEXT  those whose name contains this
  --attribute NAME=V    those with this value of an attribute
  --filter JSON         any ProductFilter of the API, such as '{"skuPrefix":"a-"}'
  --column ATTRIBUTE    export this attribute; may be repeated (default: all that the products have)
  --no-attributes       export no attributes

Something else than products:
  --names               how many products have each name; with --name-contains, --name-prefix TEXT and --min-products N
  --changes ID          what the import with this id changed
  --template            a file to fill in

Exit status: 0 if the export is whole, 1 if not, 2 for invalid arguments, 130 after Ctrl-C.`;

interface Wanted {
  /** What is exported, such as "products". */
  what: string;
  query: string;
  variables: Record<string, unknown>;
  /** @returns the address, and how many rows there are, if that is known */
  read(data: Answer): { url: string | null | undefined; total?: number | undefined };
}

interface Answer {
  products?: { exportUrl: string; totalCount?: number };
  productCountsByName?: { exportUrl: string; totalCount?: number };
  import?: { changesUrl: string } | null;
}

const ARGUMENTS = {
  options: {
    out: { type: 'string' },
    url: { type: 'string', default: DEFAULT_URL },
    ...TOKEN_OPTION,
    bom: { type: 'boolean', default: false },
    search: { type: 'string' },
    name: { type: 'string' },
    'sku-prefix': { type: 'string' },
    'name-contains': { type: 'string' },
    attribute: { type: 'string' },
    filter: { type: 'string' },
    column: { type: 'string', multiple: true },
    'no-attributes': { type: 'boolean' },
    names: { type: 'boolean' },
    'name-prefix': { type: 'string' },
    'min-products': { type: 'string' },
    changes: { type: 'string' },
    template: { type: 'boolean' },
  },
} as const;

type Values = ReturnType<typeof readArguments<typeof ARGUMENTS>>['values'];

await runCommand(USAGE, async () => {
  const { values } = readArguments(ARGUMENTS);
  const { out } = values;
  if (!out) throw new UsageError('Name the file to write with --out, such as --out products.csv.');
  if ([values.names, values.changes !== undefined, values.template].filter(Boolean).length > 1)
    throw new UsageError('--names, --changes and --template exclude each other.');
  const endpoint = endpointOf(values.url);
  const client = new LoadstoneClient(endpoint, tokenFrom(values.token));
  const wanted = values.template ? undefined : wantedBy(values);
  return untilInterrupted(async (interrupt) => {
    if (!wanted) {
      const { href } = new URL('/template.csv', endpoint);
      await downloadCsv(href, out, () => {}, { signal: interrupt, headers: client.headers });
      if (out !== '-') console.log(`Wrote a template to ${out}.`);
      return 0;
    }
    await exportTo(out, wanted, client, interrupt);
    return 0;
  });
});

async function exportTo(
  out: string,
  wanted: Wanted,
  client: LoadstoneClient,
  signal: AbortSignal,
): Promise<void> {
  const { query, variables, what } = wanted;
  const { url, total } = wanted.read(await client.query<Answer>(query, variables, signal));
  if (!url) throw new UsageError('There is no import with this id. Its page in the console has it.');
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const bar = openProgressBar();
  const show = ({ rows }: { rows: number }) => {
    const rowsPerSecond = rows / Math.max(seconds(), 0.001);
    bar.show({
      phase: 'Exporting',
      rows,
      // Products may have come since they were counted.
      percent: total ? Math.min(99, (100 * rows) / total) : 0,
      rowsPerSecond,
      etaSeconds: total && rows > 0 ? Math.max(0, total - rows) / rowsPerSecond : null,
    });
  };
  const done = await downloadCsv(url, out, show, { signal, headers: client.headers }).finally(() =>
    bar.close(),
  );
  const size = `${formatCount(done.bytes / 1e6)} MB of CSV`;
  if (out !== '-')
    console.log(
      `Exported ${formatCount(done.rows)} ${what} to ${out}: ${size} in ${formatDuration(seconds())}.`,
    );
}

function wantedBy(values: Values): Wanted {
  const { bom, changes } = values;
  if (changes !== undefined) {
    return {
      what: 'changes',
      query: CHANGE_EXPORT,
      variables: { id: changes, bom },
      read: (data) => ({ url: data.import?.changesUrl }),
    };
  }
  return values.names ? countsBy(values) : productsBy(values);
}

/** How many there are is asked only without a filter, as counting can take as long as exporting. */
function productsBy(values: Values): Wanted {
  const filter = {
    ...(values.filter !== undefined && jsonOf(values.filter)),
    ...textFields({
      search: values.search,
      name: values.name,
      skuPrefix: values['sku-prefix'],
      nameContains: values['name-contains'],
    }),
    ...(values.attribute !== undefined && { attribute: attributeOf(values.attribute) }),
  };
  const isFiltered = Object.keys(filter).length > 0;
  const attributes = values['no-attributes'] ? [] : values.column;
  return {
    what: 'products',
    query: isFiltered ? PRODUCT_EXPORT : COUNTED_PRODUCT_EXPORT,
    variables: { filter, bom: values.bom, attributes },
    read: ({ products }) => ({ url: products?.exportUrl, total: products?.totalCount }),
  };
}

function countsBy(values: Values): Wanted {
  const atLeast = values['min-products'];
  const filter = {
    ...textFields({ nameContains: values['name-contains'], namePrefix: values['name-prefix'] }),
    ...(atLeast !== undefined && {
      minProductCount: wholeNumber('--min-products', atLeast, 1, Number.MAX_SAFE_INTEGER),
    }),
  };
  return {
    what: 'names',
    query: COUNT_EXPORT,
    variables: { filter, bom: values.bom },
    read: ({ productCountsByName: counts }) => ({ url: counts?.exportUrl, total: counts?.totalCount }),
  };
}

function textFields(fields: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return Object.fromEntries(given);
}

function jsonOf(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new UsageError(`--filter must be JSON, such as '{"skuPrefix":"a-"}', not "${text}".`);
  }
}

/** A value may contain "=". */
function attributeOf(text: string): { name: string; value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { name: text.slice(0, at), value: text.slice(at + 1) };
  throw new UsageError(`--attribute must be a name and a value, such as "Color=red", not "${text}".`);
}
