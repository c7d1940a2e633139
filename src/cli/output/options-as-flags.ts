// Messages of the server name options of the API; on the command line they are flags.

const FLAGS: Record<string, string> = {
  delimiter: '--delimiter',
  encoding: '--encoding',
  maxRejectedRows: '--max-rejected',
  quoting: '--no-quotes',
  skipInitialSpace: '--skip-space',
};

/** @returns the message with the flags of `npm run import` in place of the options that they set */
export function withFlags(message: string): string {
  return message.replace(/\boption `?(\w+)(?:: NONE)?`?/g, (text, name: string) => {
    const flag = FLAGS[name];
    return flag === undefined ? text : `option ${flag}`;
  });
}
