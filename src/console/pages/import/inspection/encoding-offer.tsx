// Offers to read a file in the encoding that it probably has.

import { Button } from '@mantine/core';
import type { ReadingDraft } from '../../../api/reading-draft.ts';
import { useGuessedEncoding } from '../../../hooks/use-guessed-encoding.ts';
import { encodingLabel } from '../../../utils/reading/encodings.ts';

interface EncodingOfferProps {
  file: File;
  draft: ReadingDraft;
  /** Whether nothing but UTF-16 is offered, as the file is not text in any other encoding. */
  onlyWide?: boolean;
  onChange(changes: Partial<ReadingDraft>): void;
}

export function EncodingOffer({ file, draft, onlyWide = false, onChange }: EncodingOfferProps) {
  const guess = useGuessedEncoding(file);
  if (guess === undefined || guess === draft.encoding) return null;
  if (onlyWide && !guess.startsWith('utf-16')) return null;
  return (
    <Button
      size="xs"
      variant="default"
      maw="100%"
      h="auto"
      mih={30}
      styles={{ label: { whiteSpace: 'normal' } }}
      onClick={() => onChange({ encoding: guess })}
    >
      Read it as {encodingLabel(guess)}
    </Button>
  );
}
