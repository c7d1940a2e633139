// Translates messages of the server: it names options of the API, which are flags on the command line.

const FLAGS: Record<string, string> = {
  defaults: '--default',
  delimiter: '--delimiter',
  encoding: '--encoding',
  keepColumns: '--keep-columns',
  mapping: '--map',
  maxRejectedRows: '--max-rejected',
  onDuplicate: '--on-duplicate',
  preview: '--preview',
  profile: '--profile',
  quoting: '--no-quotes',
  sheet: '--sheet',
  skipInitialSpace: '--skip-space',
};

/** An entry of `mapping`. */
const COLUMN = /\{ column: ("(?:[^"\\]|\\.)*"), field: (\w+) \}/g;

/** Replaces API options by flags of `npm run import`. */
export function withFlags(message: string): string {
  return message
    .replace(/\boption `?(\w+)(?:: NONE)?`?(?: to true)?/g, (text, name: string) => {
      const flag = FLAGS[name];
      return flag === undefined ? text : `option ${flag}`;
    })
    .replace(COLUMN, (_, column: string, field: string) => `"${JSON.parse(column)}=${field.toLowerCase()}"`);
}
