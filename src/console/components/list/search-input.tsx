// Search as you type: the text goes into the query string shortly after the last keystroke.

import { CloseButton, Loader, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useQueryParams } from '../../hooks/use-query-params.ts';
import { SearchIcon } from '../display/icons.tsx';
import { FIRST_PAGE } from './pager.tsx';

/** Long enough not to query for each keystroke, short enough not to be noticed. */
const DEBOUNCE_MS = 180;

interface SearchInputProps {
  label: string;
  placeholder: string;
  /** The name of the query parameter. */
  parameter?: string;
  /** Whether results are being loaded. */
  busy: boolean;
}

export function SearchInput({ label, placeholder, parameter = 'q', busy }: SearchInputProps) {
  const params = useQueryParams();
  const wanted = params.get(parameter);
  const [text, setText] = useState(wanted);
  const sent = useRef(wanted);
  const input = useRef<HTMLInputElement>(null);

  const send = useRef((_text: string) => {});
  send.current = (searched) => {
    if (searched === sent.current) return;
    sent.current = searched;
    params.set({ [parameter]: searched, ...FIRST_PAGE }, { replace: true });
  };
  useEffect(() => {
    const timer = setTimeout(() => send.current(text), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  // The back button or a link may change the search.
  useEffect(() => {
    if (wanted === sent.current) return;
    sent.current = wanted;
    setText(wanted);
  }, [wanted]);

  function clear(): void {
    setText('');
    send.current('');
    input.current?.focus();
  }
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
      rightSection={text && <CloseButton aria-label="Clear search" onClick={clear} />}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') send.current(text);
        if (event.key === 'Escape' && !event.nativeEvent.isComposing) clear();
      }}
    />
  );
}
