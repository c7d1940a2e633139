// A search as one types: what stands in the field goes into the address, a moment after the last key.

import { CloseButton, Loader, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useAddress } from './address.ts';
import { SearchIcon } from './icons.tsx';
import { FIRST_PAGE } from './pager.tsx';

/** Long enough not to ask for each letter of a word, short enough not to be noticed. */
const PAUSE_MS = 180;

interface SearchInputProps {
  label: string;
  placeholder: string;
  /** The name in the address. */
  parameter?: string;
  /** Whether results are on their way. */
  busy: boolean;
}

export function SearchInput({ label, placeholder, parameter = 'q', busy }: SearchInputProps) {
  const address = useAddress();
  const wanted = address.get(parameter);
  const [text, setText] = useState(wanted);
  const sent = useRef(wanted);
  const input = useRef<HTMLInputElement>(null);

  const send = useRef((_text: string) => {});
  send.current = (searched) => {
    if (searched === sent.current) return;
    sent.current = searched;
    address.set({ [parameter]: searched, ...FIRST_PAGE }, { replace: true });
  };
  useEffect(() => {
    const timer = setTimeout(() => send.current(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  // The back button, or a link, may have gone to another search.
  useEffect(() => {
    if (wanted === sent.current) return;
    sent.current = wanted;
    setText(wanted);
  }, [wanted]);

  return (
    <TextInput
      ref={input}
      type="search"
      role="searchbox"
      aria-label={label}
      placeholder={placeholder}
      flex="1 1 16rem"
      maw="36rem"
      autoComplete="off"
      spellCheck={false}
      leftSection={busy ? <Loader size={16} /> : <SearchIcon size={18} />}
      rightSection={
        text && (
          <CloseButton
            aria-label="Clear the search"
            onClick={() => {
              setText('');
              send.current('');
              input.current?.focus();
            }}
          />
        )
      }
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') send.current(text);
      }}
    />
  );
}
