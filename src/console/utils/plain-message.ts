// Messages of the API, for people who do not know the API.

/** Leaves out the sentences that advise to set an option of the API, for which a page has a control. */
export function plainMessage(message: string): string {
  const sentences = message.split(/(?<=[.?!])\s+(?=[A-Z])/);
  const plain = sentences.filter((sentence) => !/`|\boptions?\b/.test(sentence));
  return plain.length > 0 ? plain.join(' ') : message;
}
