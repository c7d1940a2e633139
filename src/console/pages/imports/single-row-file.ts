// A file with one corrected row and the header of the original file.

interface Source {
  fileName: string;
  columns: readonly string[];
  delimiter: string;
  /** With NONE, quotes are ordinary characters. */
  quoting: 'STANDARD' | 'NONE';
}

export function singleRowFile(source: Source, row: { line: number; record: string }): File {
  const text = `${headerRow(source)}\r\n${row.record}\r\n`;
  const name = source.fileName.replace(/(\.(csv|tsv|txt))?(\.(gz|zst|zip))?$/i, '');
  return new File([text], `${name}, line ${row.line}.csv`, { type: 'text/csv' });
}

export function headerRow({ columns, delimiter, quoting }: Omit<Source, 'fileName'>): string {
  const fields = quoting === 'NONE' ? columns : columns.map((column) => quoted(column, delimiter));
  return fields.join(delimiter);
}

function quoted(field: string, delimiter: string): string {
  const needsQuotes = field.includes(delimiter) || /["\r\n]/.test(field);
  return needsQuotes ? `"${field.replaceAll('"', '""')}"` : field;
}
