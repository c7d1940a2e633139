const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Whether the text is a UUID as clients write it. Postgres would accept other forms, too. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
