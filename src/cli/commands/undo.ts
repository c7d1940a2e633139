// `npm run undo`: undoes an import of a running server.

import { LoadstoneClient } from '../client/loadstone-client.ts';
import { DEFAULT_URL, endpointOf } from '../endpoint.ts';
import { showUndo, undoWithBar } from '../output/show-import.ts';
import { readArguments, runCommand, UsageError, untilInterrupted } from '../run-command.ts';
import { TOKEN_OPTION, tokenFrom } from '../token.ts';

const USAGE = `Undoes an import of a running Loadstone server: what it inserted is removed, what it changed or deleted is as
before. Products that were changed since are kept as they are.

  npm run undo -- ID [--url URL] [--token T]

  ID          id of the import; the command "npm run import" prints it
  --url URL   URL of the server (default: http://127.0.0.1:4000/graphql)
  --token T   token, if the server needs one (default: that of the variable LOADSTONE_TOKEN)

Exit status: 0 if the undo completed, 1 if not, 2 for invalid arguments, 130 after Ctrl-C, which cancels the undo. Called
again, it goes on.`;

await runCommand(USAGE, async () => {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: { url: { type: 'string', default: DEFAULT_URL }, ...TOKEN_OPTION },
  });
  const [id, ...others] = positionals;
  if (!id || others.length > 0) throw new UsageError('Name one import to undo, by its id.');
  const client = new LoadstoneClient(endpointOf(values.url), tokenFrom(values.token));
  return untilInterrupted(async (interrupt) => {
    const finished = await undoWithBar(client, id, interrupt);
    await showUndo(client, finished);
    return finished.state.status === 'COMPLETED' ? 0 : 1;
  });
});
