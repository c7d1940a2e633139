// How the console is built into dist/console, which the server serves; `npm run console:dev` serves it while it is worked on.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run console:dev` finds a server. */
const SERVER = 'http://127.0.0.1:4000';

export default defineConfig({
  root: 'src/console',
  plugins: [react()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    // The browsers that have light-dark(), on which the console's colours rest.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing is inlined as a data: address, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/graphql': { target: SERVER, ws: true },
      '^/imports/[^/]+/issues\\.csv': { target: SERVER },
    },
  },
});
