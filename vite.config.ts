// How the console is built into dist/console, which the server serves; `npm run console:dev` serves it while it is worked on.

import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run console:dev` finds a server. */
const SERVER = 'http://127.0.0.1:4000';

export default defineConfig({
  root: 'src/console',
  plugins: [react(), precompress()],
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

/** Leaves each text also as `.br` and `.gz`, for the server to send as they are (src/http/console.ts). */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          if (!/\.(js|css|svg)$/.test(fileName)) continue;
          const content = file.type === 'chunk' ? file.code : file.source;
          this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source: brotliCompressSync(content) });
          this.emitFile({
            type: 'asset',
            fileName: `${fileName}.gz`,
            source: gzipSync(content, { level: 9 }),
          });
        }
      },
    },
  };
}
