// A file of one corrected row, with the header of the file that it comes from.

interface Source {
  fileName: string;
  columns: readonly string[];
  delimiter: string;
}

export function fileOfOneRow(source: Source, row: { line: number; record: string }): File {
  const text = `${headerOf(source)}\r\n${row.record}\r\n`;
  const name = source.fileName.replace(/(\.(csv|tsv|txt))?(\.(gz|zst|zip))?$/i, '');
  return new File([text], `${name}, line ${row.line}.csv`, { type: 'text/csv' });
}

export function headerOf({ columns, delimiter }: Pick<Source, 'columns' | 'delimiter'>): string {
  return columns.map((column) => quoted(column, delimiter)).join(delimiter);
}

function quoted(field: string, delimiter: string): string {
  const needsQuotes = field.includes(delimiter) || /["\r\n]/.test(field);
  return needsQuotes ? `"${field.replaceAll('"', '""')}"` : field;
}
