// GraphiQL: its page, with examples, a way back to the console, and one set of tabs for all visits.

import type { GraphiQLOptions } from 'graphql-yoga';
import { pagePolicy } from '../../security-headers.ts';
import { graphiqlExamples } from './graphiql-examples.ts';

type Render = (options: GraphiQLOptions) => string;

const CONSOLE_PATH = '/';

const ARROW =
  '<svg width="10" height="10" viewBox="0 0 10 10" fill="none" stroke="currentColor" aria-hidden="true"><path d="M7 1 3 5l4 4"/></svg>';

const STYLE = `<style>
  /* The logo is a link, wider than the icon that it replaces. */
  .graphiql-logo > div > div { width: auto !important; white-space: nowrap; }
  .graphiql-logo a { color: inherit; }
  .graphiql-tabs { overflow-x: auto; }
  /* On a phone, the result is below the query. */
  @media (max-width: 760px) {
    #graphiql-session { flex-direction: column; }
    #graphiql-session > .graphiql-horizontal-drag-bar { display: none; }
    .graphiql-logo > div > span { display: none; }
  }
</style>
`;

/**
 * Runs before GraphiQL. Unless the query, variables and headers that it keeps are those of a tab, GraphiQL adds a tab at each
 * visit; and it keeps them only once they have been edited.
 */
const KEEP_TABS = `
  try {
    const keep = (name, value) =>
      value ? localStorage.setItem('graphiql:' + name, value) : localStorage.removeItem('graphiql:' + name);
    const asked = new URL(location.href).searchParams.get('query');
    const state = JSON.parse(localStorage.getItem('graphiql:tabState'));
    const tabs = state ? state.tabs.filter(({ query, variables }) => query || variables) : [];
    const open = asked ? tabs.find(({ query }) => query === asked) : state && state.tabs[state.activeTabIndex];
    const shown = tabs.includes(open) ? open : tabs[0];
    if (shown) keep('tabState', JSON.stringify({ tabs, activeTabIndex: tabs.indexOf(shown) }));
    else keep('tabState');
    const { query, variables, headers } = asked ? open ?? { query: asked } : shown ?? {};
    keep('query', query);
    keep('variables', variables);
    keep('headers', headers);
  } catch {
    // Without local storage, GraphiQL opens with the examples.
  }
`;

type PageOptions = GraphiQLOptions & {
  /** Of the page's scripts, which its policy names. */
  nonce?: string;
};

/** @param baseUrl of the server as the client addressed it */
export function graphiqlOptions(baseUrl: string, nonce: string): PageOptions {
  return {
    nonce,
    title: 'GraphiQL · Loadstone',
    logo: `<a href="${CONSOLE_PATH}">${ARROW} Console</a>&nbsp;`,
    subscriptionsProtocol: 'SSE',
    defaultTabs: graphiqlExamples(baseUrl),
  };
}

/** Its editor makes styles, and starts workers from scripts in the page. */
export function graphiqlPolicy(nonce: string): string {
  return pagePolicy({
    scripts: `'nonce-${nonce}'`,
    styles: "'unsafe-inline'",
    workers: 'blob:',
    fonts: 'data:',
  });
}

export function graphiqlPage(render: Render, { nonce, ...options }: PageOptions): string {
  const page = render(options);
  const style = page.indexOf('</style>') + '</style>'.length;
  const script = page.indexOf(SCRIPT, style);
  const head = `${page.slice(0, style)}\n${STYLE}<script nonce="${nonce}">${KEEP_TABS}</script>\n`;
  return `${head}${page.slice(style, script)}<script nonce="${nonce}">${page.slice(script + SCRIPT.length)}`;
}

/** Of the page, which has one; scripts contain it as well. */
const SCRIPT = '<script>';
