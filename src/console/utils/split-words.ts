// The words of a search, as the server takes them apart.

export function splitWords(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '');
}
