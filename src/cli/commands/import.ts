// `npm run import`: sends a file to a running server, and shows how its import goes and ends.

import { randomUUID } from 'node:crypto';
import { type FinishedImport, openFile } from '../client/import-file.ts';
import { type ImportOptions, LoadstoneClient } from '../client/loadstone-client.ts';
import type { OutgoingFile } from '../client/post-file.ts';
import { importWithBar, showImport } from '../output/show-import.ts';
import {
  CommandError,
  INTERRUPTED,
  interruptSignal,
  readArguments,
  runCommand,
  UsageError,
  wholeNumber,
} from '../run-command.ts';

const USAGE = `Imports a file of products into a running Loadstone server.

  npm run import -- FILE [options]

  FILE               CSV with the columns name, sku and description; plain, gzip, zstd, or a zip with one file.
                     "-" is the standard input
  --url URL          the server's address (http://127.0.0.1:4000/graphql)
  --id UUID          the import's id, to send the same file again safely (a new one)
  --delimiter D      what separates the fields (detected: , ; | or tab)
  --encoding E       the file's encoding, such as latin1 (UTF-8, or what its byte order mark says)
  --no-quotes        a quote is a character like any other, and each line is a row
  --skip-space       spaces behind a delimiter are no part of the field
  --max-rejected N   fail when more rows than this are bad (the server's limit)

Exit status: 0 when the import completed, 1 when not, 2 when called wrongly, 130 after Ctrl-C, which cancels it.`;

await runCommand(USAGE, async () => {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
      id: { type: 'string' },
      delimiter: { type: 'string' },
      encoding: { type: 'string' },
      'no-quotes': { type: 'boolean' },
      'skip-space': { type: 'boolean' },
      'max-rejected': { type: 'string' },
    },
  });
  const [path, ...others] = positionals;
  if (!path || others.length > 0)
    throw new UsageError('Name one file to import, or "-" for the standard input.');
  if (!URL.canParse(values.url)) throw new UsageError(`--url must be an address, not "${values.url}".`);

  const rejected = values['max-rejected'];
  const options: ImportOptions & { id: string } = {
    id: values.id ?? randomUUID(),
    ...(values.delimiter && { delimiter: values.delimiter === '\\t' ? '\t' : values.delimiter }),
    ...(values.encoding && { encoding: values.encoding }),
    ...(values['no-quotes'] && { quoting: 'NONE' }),
    ...(values['skip-space'] && { skipInitialSpace: true }),
    ...(rejected && { maxRejectedRows: wholeNumber('--max-rejected', rejected, 0, 2 ** 31 - 1) }),
  };
  const file = path === '-' ? standardInput() : await openFile(path);
  return sendAndShow(new LoadstoneClient(endpointOf(values.url)), file, options);
});

async function sendAndShow(
  client: LoadstoneClient,
  file: OutgoingFile,
  options: ImportOptions & { id: string },
): Promise<number> {
  const interrupt = interruptSignal();
  let finished: FinishedImport;
  try {
    finished = await importWithBar(client, file, options, interrupt);
  } catch (error) {
    if (interrupt.aborted) return INTERRUPTED;
    if (file.stream.errored === error) {
      throw new CommandError(`${file.name} cannot be read: ${(error as Error).message}`);
    }
    throw error;
  }
  await showImport(client, finished);
  if (interrupt.aborted) return INTERRUPTED;
  return finished.state.status === 'COMPLETED' ? 0 : 1;
}

function standardInput(): OutgoingFile {
  return { name: 'stdin', size: undefined, stream: process.stdin };
}

/** The start page, which is the address that people know, stands for the endpoint. */
function endpointOf(url: string): string {
  const { pathname, href } = new URL(url);
  return pathname === '/' ? new URL('/graphql', url).href : href;
}
