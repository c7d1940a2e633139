// A file of one corrected row, with the header of the file that it comes from.

interface Source {
  fileName: string;
  columns: readonly string[];
  delimiter: string;
  /** NONE: a quote is a character like any other. */
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
