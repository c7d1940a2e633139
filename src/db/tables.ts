// The tables, as drizzle-kit reads them to write migrations (`npm run db:generate`).

export * from './tables/access.ts';
export * from './tables/catalogue.ts';
export * from './tables/import-preview.ts';
export * from './tables/imports.ts';
export * from './tables/reading.ts';
export * from './tables/row-issues.ts';
export * from './tables/sources.ts';
