// `npm run source`: hosts the CSV files of a folder as a source of products, for Loadstone or anyone to fetch.

import { realpath, stat } from 'node:fs/promises';
import { type SourceServer, startSourceServer } from '../../source-server/start.ts';
import {
  CommandError,
  interruptSignal,
  readArguments,
  runCommand,
  UsageError,
  wholeNumber,
} from '../run-command.ts';

const USAGE = `Hosts the CSV files of a folder, and tells whether they changed.

  npm run source -- --dir FOLDER [--port P] [--host H]

  --dir FOLDER   whose files ending in .csv are served; not those in folders below, hidden ones, or links
  --port P       where to listen (4100); 0 takes a free one
  --host H       the address to listen on (127.0.0.1). There is no password: whoever reaches it reads the files

  /              a list of the files
  /files/NAME    a file, with ETag, Last-Modified, Range and gzip
  /sense         1 if something changed since all was read, else 0
  /read          all files as one CSV file; they need the same columns, in any order

To have Loadstone watch it, add a data source of the kind HTTP with the address of a file, or of the kind SENSE_READ
with the address of this server; a Loadstone server needs ALLOW_PRIVATE_SOURCES=true for one on a private network.`;

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      dir: { type: 'string' },
      port: { type: 'string', default: '4100' },
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  if (!values.dir) throw new UsageError('Say which folder to serve: --dir FOLDER.');
  const port = wholeNumber('--port', values.port, 0, 65_535);
  const dir = await findFolder(values.dir);

  const interrupt = interruptSignal();
  const server = await start(dir, port, values.host);
  console.log(`The CSV files of ${values.dir} are at ${server.url}`);
  if (!interrupt.aborted)
    await new Promise((resolve) => interrupt.addEventListener('abort', resolve, { once: true }));
  await server.close();
  return 0;
});

async function findFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new CommandError(`There is no folder ${path}. Make it first, or choose another.`);
  if (!found.isDirectory()) throw new CommandError(`${path} is a file. Give --dir the folder that it is in.`);
  return realpath(path);
}

async function start(dir: string, port: number, host: string): Promise<SourceServer> {
  try {
    return await startSourceServer({ dir, port, host, log: (line) => console.log(line) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new CommandError(`Port ${port} is in use. Choose another with --port.`);
    if (code === 'EACCES')
      throw new CommandError(`Port ${port} may not be used. Choose one of 1024 or more with --port.`);
    throw new CommandError(
      `The server cannot listen on ${host}: ${message}. Choose another address with --host.`,
    );
  }
}
