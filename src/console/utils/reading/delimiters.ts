// Names of delimiters, for people.

export const DELIMITERS: readonly { value: string; label: string; plural: string }[] = [
  { value: ',', label: 'Comma ( , )', plural: 'commas' },
  { value: ';', label: 'Semicolon ( ; )', plural: 'semicolons' },
  { value: '\t', label: 'Tab', plural: 'tabs' },
  { value: '|', label: 'Vertical bar ( | )', plural: 'vertical bars' },
];

/** Separated by what? */
export function delimiterWord(delimiter: string): string {
  return DELIMITERS.find(({ value }) => value === delimiter)?.plural ?? `“${delimiter}”`;
}
