// Prints what an import that is READY would do.

import { shorten } from '../../shorten.ts';
import { PREVIEW } from '../client/documents.ts';
import type { LoadstoneClient } from '../client/loadstone-client.ts';
import { alignTable, formatCount } from './format.ts';

interface Preview {
  rows: Record<string, number>;
  namesChanged: number;
  names: { name: string; countNow: number; countThen: number }[];
  samples: { line: number; sku: string; before: Values; after: Values }[];
}

interface Values {
  name: string;
  description: string;
  attributes: Record<string, string>;
}

const SHOWN = 10;
const SHOWN_CHARACTERS = 40;

export async function showPreview(client: LoadstoneClient, id: string): Promise<void> {
  const data = await client.query<{ import: { expiresAt: string | null; preview: Preview } }>(PREVIEW, {
    id,
  });
  const { expiresAt, preview } = data.import;
  const { rows, namesChanged, names, samples } = preview;
  console.log(
    `\nNothing has been imported yet. The import can be committed until ${expiresAt}. The rows would be:\n${alignTable(Object.entries(rows))}`,
  );
  if (namesChanged > 0) {
    const first = names
      .slice(0, SHOWN)
      .map(({ name, countNow, countThen }) => [name, countNow, '→', countThen]);
    const of = `${formatCount(first.length)} of ${formatCount(namesChanged)}`;
    console.log(`\nProducts by name, largest changes first (${of}):\n${alignTable(first)}`);
  }
  const changes = samples
    .slice(0, SHOWN)
    .flatMap(({ line, sku, before, after }) =>
      differences(before, after).map(([field, was, is]) => [line, sku, field, was, '→', is]),
    );
  const of = `${formatCount(Math.min(samples.length, SHOWN))} of ${formatCount(rows['updated'] ?? 0)}`;
  if (changes.length > 0) console.log(`\nUpdated products, by line (${of}):\n${alignTable(changes)}`);
}

/** @returns each field that differs, with both values */
function differences(before: Values, after: Values): [field: string, before: string, after: string][] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((field) => was.get(field) !== is.get(field))
    .map((field) => [field, excerpt(was.get(field)), excerpt(is.get(field))]);
}

function fieldsOf({ name, description, attributes }: Values): Map<string, string> {
  return new Map([['name', name], ['description', description], ...Object.entries(attributes)]);
}

function excerpt(text = ''): string {
  return shorten(JSON.stringify(text), SHOWN_CHARACTERS);
}
