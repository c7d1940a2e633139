// A process that starts the embedded Postgres in the folder given as its argument, reports it, and runs until killed.

import { pino } from 'pino';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';

await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: pino({ level: 'silent' }) });
console.log('ready');
setInterval(() => {}, 60_000);
