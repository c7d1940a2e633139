// `npm run import`: imports a file into a running server.

import { randomUUID } from 'node:crypto';
import { openFile } from '../client/import-file.ts';
import { type ImportOptions, LoadstoneClient } from '../client/loadstone-client.ts';
import type { OutgoingFile } from '../client/post-file.ts';
import { columnOptions } from '../column-arguments.ts';
import { DEFAULT_URL, endpointOf } from '../endpoint.ts';
import { commitWithBar, importWithBar, showImport } from '../output/show-import.ts';
import {
  CommandError,
  readArguments,
  runCommand,
  UsageError,
  untilInterrupted,
  wholeNumber,
} from '../run-command.ts';
import { TOKEN_OPTION, tokenFrom } from '../token.ts';

const USAGE = `Imports a file of products into a running Loadstone server.

  npm run import -- FILE [options]
  npm run import -- --commit ID | --discard ID [--url URL]

  FILE               CSV with the columns name, sku and description, or the export of a shop system; plain, gzip,
                     zstd, a zip with one file, or an Excel workbook (.xlsx). "-" is standard input
  --url URL          URL of the server (default: http://127.0.0.1:4000/graphql)
  --token TOKEN      token, if the server needs one (default: that of the variable LOADSTONE_TOKEN)
  --id UUID          id of the import; with the same id, a file can safely be sent again (default: a new one)
  --delimiter D      field delimiter (default: detected among , ; | and tab)
  --encoding E       encoding of the file, such as latin1 (default: UTF-8, or what its byte order mark says)
  --no-quotes        treat quotes as ordinary characters, and each line as a row
  --skip-space       ignore spaces after a delimiter
  --sheet NAME       sheet to read in a workbook (default: the only one with data)
  --map COLUMN=FIELD what a column becomes: sku, name or description; may be repeated, such as --map "Variant SKU=sku"
                     (default: by the column's name)
  --default FIELD=V  value of a blank field, or of one that the file has no column for; may be repeated
  --keep-columns     keep the other columns as attributes of the products
  --on-duplicate R   rows with the same SKU: last-wins, first-wins or reject (default: last-wins)
  --profile NAME     an import profile of the server, which says what these options do not
  --preview          show what the import would do, and import nothing yet
  --commit ID        import a file that was previewed, without sending it again
  --discard ID       discard one
  --max-rejected N   fail if more than N rows are rejected (default: the server's limit)

Exit status: 0 if the import completed or was previewed, 1 if not, 2 for invalid arguments, 130 after Ctrl-C, which cancels the import.`;

const DUPLICATE_RULES = ['LAST_WINS', 'FIRST_WINS', 'REJECT'] as const;

await runCommand(USAGE, async () => {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: DEFAULT_URL },
      ...TOKEN_OPTION,
      id: { type: 'string' },
      delimiter: { type: 'string' },
      encoding: { type: 'string' },
      'no-quotes': { type: 'boolean' },
      'skip-space': { type: 'boolean' },
      sheet: { type: 'string' },
      map: { type: 'string', multiple: true },
      'keep-columns': { type: 'boolean' },
      'on-duplicate': { type: 'string' },
      profile: { type: 'string' },
      default: { type: 'string', multiple: true },
      preview: { type: 'boolean' },
      commit: { type: 'string' },
      discard: { type: 'string' },
      'max-rejected': { type: 'string' },
    },
  });
  const { commit, discard } = values;
  const [path, ...others] = [...positionals, ...(commit ? [commit] : []), ...(discard ? [discard] : [])];
  if (!path || others.length > 0) throw new UsageError('Name one file to import, or "-" for standard input.');
  const client = new LoadstoneClient(endpointOf(values.url), tokenFrom(values.token));
  if (commit) return commitAndShow(client, commit);
  if (discard) return discardImport(client, discard);

  const rejected = values['max-rejected'];
  const options: ImportOptions & { id: string } = {
    id: values.id ?? randomUUID(),
    ...(values.delimiter && { delimiter: values.delimiter === '\\t' ? '\t' : values.delimiter }),
    ...(values.encoding && { encoding: values.encoding }),
    ...(values['no-quotes'] && { quoting: 'NONE' }),
    ...(values['skip-space'] && { skipInitialSpace: true }),
    ...(values['on-duplicate'] && { onDuplicate: duplicateRule(values['on-duplicate']) }),
    ...(values.profile && { profile: values.profile }),
    ...(values.sheet && { sheet: values.sheet }),
    ...columnOptions(values.map, values.default),
    ...(values['keep-columns'] && { keepColumns: true }),
    ...(values.preview && { preview: true }),
    ...(rejected && { maxRejectedRows: wholeNumber('--max-rejected', rejected, 0, 2 ** 31 - 1) }),
  };
  const file = path === '-' ? standardInput() : await openFile(path);
  return sendAndShow(client, file, options, values.url === DEFAULT_URL ? '' : ` --url ${values.url}`);
});

async function sendAndShow(
  client: LoadstoneClient,
  file: OutgoingFile,
  options: ImportOptions & { id: string },
  urlFlag: string,
): Promise<number> {
  return untilInterrupted(async (interrupt) => {
    const finished = await importWithBar(client, file, options, interrupt).catch((error: unknown) => {
      if (file.stream.errored !== error) throw error;
      throw new CommandError(`${file.name} cannot be read: ${(error as Error).message}`);
    });
    const { id, status } = finished.state;
    await showImport(client, finished);
    if (status === 'READY' && !interrupt.aborted) {
      const command = (flag: string) => `npm run import -- ${flag} ${id}${urlFlag}`;
      console.log(`\nTo import it:  ${command('--commit')}\nTo discard it: ${command('--discard')}`);
    }
    return status === 'COMPLETED' || status === 'READY' ? 0 : 1;
  });
}

async function commitAndShow(client: LoadstoneClient, id: string): Promise<number> {
  return untilInterrupted(async (interrupt) => {
    const finished = await commitWithBar(client, id, interrupt);
    await showImport(client, finished);
    return finished.state.status === 'COMPLETED' ? 0 : 1;
  });
}

async function discardImport(client: LoadstoneClient, id: string): Promise<number> {
  const { fileName, status } = await client.cancel(id);
  console.log(`Import ${id} of ${fileName}: ${status}`);
  return 0;
}

function duplicateRule(text: string): NonNullable<ImportOptions['onDuplicate']> {
  const rule = DUPLICATE_RULES.find((each) => each === text.toUpperCase().replaceAll('-', '_'));
  if (rule) return rule;
  throw new UsageError(`--on-duplicate must be last-wins, first-wins or reject, not "${text}".`);
}

function standardInput(): OutgoingFile {
  return { name: 'stdin', size: undefined, stream: process.stdin };
}
