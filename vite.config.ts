// Builds the console into dist/console, which the server serves; `npm run dev` serves it from its source.

import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv, type Plugin, type ProxyOptions } from 'vite';
import { readSettings } from './src/config.ts';
import { SettingsError } from './src/errors.ts';

export default defineConfig(({ command, mode }) => ({
  root: 'src/console',
  plugins: [react(), precompress()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    // The browsers with light-dark(), which the console's colours need.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // No data: addresses, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  ...(command === 'serve' && { server: { host: '127.0.0.1', proxy: proxyToServer(mode) } }),
}));

/** Sends everything but the console's own files to the server, at the HOST and PORT of its settings. */
function proxyToServer(mode: string): Record<string, ProxyOptions> {
  const { host, port } = readSettings(loadEnv(mode, import.meta.dirname, ''));
  if (port === 0) throw new SettingsError('The console needs a server with a fixed port: set PORT.');
  const address = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  const target = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  return {
    '/graphql': { target, ws: true },
    '^/imports/[^/]+/(issues|changes)\\.csv': { target },
    '^/(products|names|template)\\.csv': { target },
    '^/(healthz|readyz)$': { target },
  };
}

/** Adds a `.br` and a `.gz` of each text file, which the server sends as they are (src/http/routes/console.ts). */
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
