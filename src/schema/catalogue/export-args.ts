// Arguments that all fields with the address of an export share.

import type { builder } from '../builder.ts';

type ArgBuilder = Pick<
  PothosSchemaTypes.ObjectFieldBuilder<(typeof builder)['$inferSchemaTypes'], object>,
  'arg'
>;

export function exportArgs({ arg }: ArgBuilder) {
  return {
    gzip: arg.boolean({ description: 'Whether the file is compressed with gzip. Default: false.' }),
    bom: arg.boolean({
      description:
        'Whether the file begins with a byte order mark, by which Excel recognizes UTF-8. An import ignores it. Default: false.',
    }),
  };
}
