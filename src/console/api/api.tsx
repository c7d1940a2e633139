// The API objects that all pages share, and the hooks that give access to them.

import { createContext, type ReactNode, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import {
  type AnyVariables,
  type Client,
  Provider as ClientProvider,
  type CombinedError,
  type TypedDocumentNode,
  type UseQueryArgs,
  type UseQueryResponse,
  useQuery,
} from 'urql';
import { createClient } from './client.ts';
import { ImportById, type ImportState } from './live/import-state.ts';
import { type ConnectionState, LiveConnection } from './live/live-connection.ts';
import { LiveImports } from './live/live-imports.ts';
import { OwnImports } from './live/own-imports.ts';
import { Session } from './session.ts';
import { type ChosenFile, ChosenFiles } from './upload/chosen-files.ts';
import { type QueuedUpload, UploadQueue } from './upload/upload-queue.ts';

export interface Api {
  client: Client;
  session: Session;
  connection: LiveConnection;
  imports: LiveImports;
  chosen: ChosenFiles;
  uploads: UploadQueue;
  own: OwnImports;
}

export function createApi(): Api {
  const client = createClient(() => session.end());
  const session: Session = new Session(client);
  const connection = new LiveConnection(() => {
    if (!session.state.isSignedOut) void session.check();
  });
  const imports = new LiveImports(client, connection);
  const own = new OwnImports();
  const uploads = new UploadQueue(client, imports, own);
  void session.check();
  imports.start();
  void imports.restore(own.ids, (id) => own.remove(id));
  return { client, session, connection, imports, chosen: new ChosenFiles(), uploads, own };
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
  if (!api) throw new Error('useApi must be used inside an ApiProvider');
  return api;
}

export function useConnectionState(): ConnectionState {
  const { connection } = useApi();
  return useSyncExternalStore(
    (listener) => connection.listen(listener),
    () => connection.state,
  );
}

/** How long to wait before a query that failed for a passing reason is sent again. */
const RETRY_MS = 3000;
const PASSING_CODES: readonly unknown[] = ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'];

/**
 * A query that is refetched after a reconnect, because changes during the outage were not received, and for as long as the
 * server or its database is away.
 */
export function useFreshQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
): UseQueryResponse<Data, Variables> {
  const { connection } = useApi();
  const connectionCount = useSyncExternalStore(
    (listener) => connection.listen(listener),
    () => connection.connectionCount,
  );
  const [result, execute] = useQuery(args);
  const last = useRef({ connectionCount, execute, paused: args.pause });
  last.current = { ...last.current, execute, paused: args.pause };
  useEffect(() => {
    const { connectionCount: before, execute: refetch, paused } = last.current;
    last.current.connectionCount = connectionCount;
    // The first connection is established right after the page's first query, so nothing was missed.
    if (connectionCount > Math.max(before, 1) && !paused) refetch({ requestPolicy: 'network-only' });
  }, [connectionCount]);
  const isPassing = !args.pause && !result.fetching && result.error !== undefined && mayPass(result.error);
  useEffect(() => {
    if (!isPassing) return;
    const timer = setTimeout(() => last.current.execute({ requestPolicy: 'network-only' }), RETRY_MS);
    return () => clearTimeout(timer);
  }, [isPassing]);
  return [result, execute];
}

function mayPass({ networkError, graphQLErrors }: CombinedError): boolean {
  return (
    networkError !== undefined ||
    graphQLErrors.some(({ extensions }) => PASSING_CODES.includes(extensions['code']))
  );
}

/** Subscribes while the component is mounted, and again whenever `variables`, compared as JSON, change. */
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
    () => connection.subscribe(document, JSON.parse(key) as Variables, (data) => handler.current(data)),
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

/** The latest state of an import, from the query or from the live updates. */
export function useImport(id: string) {
  const { imports } = useApi();
  const [{ data, fetching, error }, refetch] = useFreshQuery({ query: ImportById, variables: { id } });
  const fetched = data?.import;
  useEffect(() => {
    if (fetched) imports.update(fetched);
  }, [fetched, imports]);
  const live = useSyncExternalStore(
    (listener) => imports.listen(listener),
    () => imports.get(id),
  );
  return {
    state: live ?? fetched ?? undefined,
    isMissing: !live && data?.import === null,
    fetching,
    error,
    refetch,
  };
}

export function useUploads(): readonly QueuedUpload[] {
  const { uploads } = useApi();
  return useSyncExternalStore(
    (listener) => uploads.listen(listener),
    () => uploads.all,
  );
}

export function useChosenFiles(): readonly ChosenFile[] {
  const { chosen } = useApi();
  return useSyncExternalStore(
    (listener) => chosen.listen(listener),
    () => chosen.all,
  );
}
