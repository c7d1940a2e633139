// What a file is, in one line.

import type { Inspection } from '../../../api/upload/inspect-file.ts';
import { formatBytes, pluralize } from '../../../utils/format.ts';
import { delimiterWord } from '../../../utils/reading/delimiters.ts';
import { encodingLabel } from '../../../utils/reading/encodings.ts';

const FORMATS: Record<Inspection['format'], string> = {
  PLAIN: 'CSV',
  GZIP: 'CSV, packed with gzip',
  ZSTD: 'CSV, packed with zstd',
  ZIP: 'CSV in a zip',
  XLSX: 'Excel workbook',
};

interface FileSummaryProps {
  inspection: Inspection;
  /** In bytes. */
  size: number;
  /** Whether it is being inspected again. */
  isOutdated: boolean;
}

export function FileSummary({ inspection, size, isOutdated }: FileSummaryProps) {
  const { format, encoding, delimiter, columns } = inspection;
  const facts = [
    FORMATS[format],
    ...(format === 'XLSX' ? [] : [encodingLabel(encoding), `separated by ${delimiterWord(delimiter)}`]),
    pluralize(columns.length, 'column'),
    formatBytes(size),
  ];
  return (
    <span role="status" aria-busy={isOutdated}>
      {facts.join(' · ')}
    </span>
  );
}
