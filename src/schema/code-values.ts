// The values of an enum of codes, described by what each code means and what to do.

import type { CodeDescription } from '../codes/code-description.ts';

interface EnumValue {
  description: string;
}

export function codeValues<Code extends string>(
  codes: Readonly<Record<Code, CodeDescription>>,
): Record<Code, EnumValue> {
  const entries = Object.entries<CodeDescription>(codes);
  return Object.fromEntries(
    entries.map(([code, { meaning, action }]) => [code, { description: `${meaning} ${action}` }]),
  ) as Record<Code, EnumValue>;
}
