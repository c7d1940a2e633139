// Values in statements that are put together as text.

/** @returns the text as an SQL literal; `standard_conforming_strings` is on in every session */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
