// Names in SQL that people are told to run.

/** @returns the name as a quoted SQL identifier */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
