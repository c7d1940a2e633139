// The addresses of exports, as people want them: with a byte order mark, by which Excel recognizes UTF-8.

export type ExportPath = '/products' | '/names' | `/imports/${string}/changes`;

/** @param parameters those that are empty objects or texts are left out */
export function exportHref(path: ExportPath, parameters: Record<string, object | string>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return text === '' || text === '{}' ? [] : [[name, text]];
  });
  return `${path}.csv?${new URLSearchParams([...given, ['bom', 'true']])}`;
}
