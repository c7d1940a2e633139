// Translates messages of the server: it names options of the API, which are flags on the command line.

const FLAGS: Record<string, string> = {
  delimiter: '--delimiter',
  encoding: '--encoding',
  maxRejectedRows: '--max-rejected',
  quoting: '--no-quotes',
  skipInitialSpace: '--skip-space',
};

/** Replaces API options by flags of `npm run import`. */
export function withFlags(message: string): string {
  return message.replace(/\boption `?(\w+)(?:: NONE)?`?(?: to true)?/g, (text, name: string) => {
    const flag = FLAGS[name];
    return flag === undefined ? text : `option ${flag}`;
  });
}
