/** What a code tells people. Whole sentences. */
export interface CodeDescription {
  meaning: string;
  action: string;
}
