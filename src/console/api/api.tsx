// What the pages are given to speak to the server with, and the hooks they use it by.

import { createContext, type ReactNode, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import {
  type AnyVariables,
  type Client,
  Provider as ClientProvider,
  type TypedDocumentNode,
  type UseQueryArgs,
  type UseQueryResponse,
  useQuery,
} from 'urql';
import { createClient } from './client.ts';
import { ImportById, type ImportState } from './import-state.ts';
import { type ConnectionState, LiveConnection } from './live-connection.ts';
import { LiveImports } from './live-imports.ts';
import { type Upload, Uploads } from './uploads.ts';

export interface Api {
  client: Client;
  connection: LiveConnection;
  imports: LiveImports;
  uploads: Uploads;
}

export function createApi(): Api {
  const client = createClient();
  const connection = new LiveConnection();
  const imports = new LiveImports(client, connection);
  const uploads = new Uploads(client, imports);
  imports.start();
  return { client, connection, imports, uploads };
}

const ApiContext = createContext<Api | undefined>(undefined);

export function ApiProvider({ api, children }: { api: Api; children: ReactNode }) {
  return (
    <ApiContext value={api}>
      <ClientProvider value={api.client}>{children}</ClientProvider>
    </ApiContext>
  );
}

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('useApi is for components inside of ApiProvider');
  return api;
}

export function useConnectionState(): ConnectionState {
  const { connection } = useApi();
  return useSyncExternalStore(
    (listener) => connection.listen(listener),
    () => connection.state,
  );
}

/** A query that is asked again after the connection was lost: what changed meanwhile was told to nobody. */
export function useFreshQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
): UseQueryResponse<Data, Variables> {
  const { connection } = useApi();
  const connections = useSyncExternalStore(
    (listener) => connection.listen(listener),
    () => connection.connections,
  );
  const [result, execute] = useQuery(args);
  const asked = useRef({ connections, execute, paused: args.pause });
  asked.current = { ...asked.current, execute, paused: args.pause };
  useEffect(() => {
    const { connections: before, execute: ask, paused } = asked.current;
    asked.current.connections = connections;
    // The first connection stands a moment after the page asked: nothing was missed.
    if (connections > Math.max(before, 1) && !paused) ask({ requestPolicy: 'network-only' });
  }, [connections]);
  return [result, execute];
}

/** Follows a subscription while the component is shown; `variables` must stay the same object or be equal as JSON. */
export function useSubscription<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  onData: (data: Data) => void,
): void {
  const { connection } = useApi();
  const handler = useRef(onData);
  handler.current = onData;
  const key = JSON.stringify(variables);
  useEffect(
    () => connection.follow(document, JSON.parse(key) as Variables, (data) => handler.current(data)),
    [connection, document, key],
  );
}

export function useLiveImports(): readonly ImportState[] {
  const { imports } = useApi();
  return useSyncExternalStore(
    (listener) => imports.listen(listener),
    () => imports.all,
  );
}

/** The newest state of an import: as it was asked for, or as it was heard of since. */
export function useImport(id: string) {
  const { imports } = useApi();
  const [{ data, fetching, error }, ask] = useFreshQuery({ query: ImportById, variables: { id } });
  const asked = data?.import;
  useEffect(() => {
    if (asked) imports.take(asked);
  }, [asked, imports]);
  const live = useSyncExternalStore(
    (listener) => imports.listen(listener),
    () => imports.get(id),
  );
  return {
    state: live ?? asked ?? undefined,
    isMissing: !live && data?.import === null,
    fetching,
    error,
    ask,
  };
}

export function useUploads(): readonly Upload[] {
  const { uploads } = useApi();
  return useSyncExternalStore(
    (listener) => uploads.listen(listener),
    () => uploads.all,
  );
}
