// Guesses the encoding of a file when it is needed.

import { useEffect, useState } from 'react';
import { guessEncoding } from '../utils/reading/guess-encoding.ts';

/** Undefined until it is known, and if there is no likely one. */
export function useGuessedEncoding(file: File | undefined): string | undefined {
  const [guess, setGuess] = useState<string>();
  useEffect(() => {
    let isCurrent = true;
    if (file) {
      // A file that is gone has no encoding.
      const found = guessEncoding(file).catch(() => undefined);
      void found.then((encoding) => isCurrent && setGuess(encoding));
    }
    return () => {
      isCurrent = false;
    };
  }, [file]);
  return guess;
}
