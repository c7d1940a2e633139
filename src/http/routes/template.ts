// A file to fill in: the header, and rows that show what belongs into each column.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { BOM, sendCsv } from './csv-download.ts';

export const TEMPLATE_PATH = '/template.csv';

const LINES = [
  'sku,name,description',
  'EXAMPLE-1,Oak table,"The key of a product goes into sku. A text with a comma, or with ""quotes"", is quoted."',
  'EXAMPLE-2,Oak table,Several products may share a name. Replace these two rows with your own.',
];

export async function answerTemplate(
  request: IncomingMessage,
  response: ServerResponse,
  stallMs: number,
): Promise<void> {
  const text = `${BOM}${LINES.join('\r\n')}\r\n`;
  await sendCsv(request, response, { fileName: 'products-template.csv', stallMs }, [text]);
}
