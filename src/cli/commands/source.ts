// `npm run source`: serves the CSV files of a folder as a data source, for Loadstone or any other client.

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

const USAGE = `Serves the CSV files of a folder, and reports whether they have changed.

  npm run source -- --dir FOLDER [--port P] [--host H]

  --dir FOLDER   folder whose .csv files are served, except hidden files, links, and files in subfolders
  --port P       port to listen on (default: 4100); 0 chooses a free one
  --host H       address to listen on (default: 127.0.0.1). There is no password: anyone who can connect can read the files

  /              a list of the files
  /files/NAME    a file, with ETag, Last-Modified, Range and gzip
  /sense         1 if something has changed since the last complete /read, otherwise 0
  /read          all files as one CSV file; they must have the same columns, in any order

To let Loadstone watch it, add a data source of kind HTTP with the URL of a file, or of kind SENSE_READ with the URL of
this server. If it is on a private network, the Loadstone server needs ALLOW_PRIVATE_SOURCES=true.`;

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      dir: { type: 'string' },
      port: { type: 'string', default: '4100' },
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  if (!values.dir) throw new UsageError('Set the folder to serve: --dir FOLDER.');
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
  if (!found) throw new CommandError(`There is no folder ${path}. Create it first, or choose another.`);
  if (!found.isDirectory())
    throw new CommandError(`${path} is a file. Set --dir to the folder that it is in.`);
  return realpath(path);
}

async function start(dir: string, port: number, host: string): Promise<SourceServer> {
  try {
    return await startSourceServer({ dir, port, host, log: (line) => console.log(line) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new CommandError(`Port ${port} is in use. Choose another with --port.`);
    if (code === 'EACCES')
      throw new CommandError(`Port ${port} needs privileges. Choose one from 1024 with --port.`);
    throw new CommandError(
      `The server cannot listen on ${host}: ${message}. Choose another address with --host.`,
    );
  }
}
