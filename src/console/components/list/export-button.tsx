// Downloads a whole list as a CSV file.

import { Button } from '@mantine/core';
import { type ExportPath, exportHref } from '../../utils/export-href.ts';
import { DownloadIcon } from '../display/icons.tsx';

interface ExportButtonProps {
  /** What is exported, such as "the products found". */
  what: string;
  path: ExportPath;
  parameters?: Record<string, object | string>;
}

export function ExportButton({ what, path, parameters = {} }: ExportButtonProps) {
  return (
    <Button
      component="a"
      href={exportHref(path, parameters)}
      download
      variant="default"
      leftSection={<DownloadIcon size={16} />}
      aria-label={`Export ${what} as CSV`}
    >
      Export
    </Button>
  );
}
