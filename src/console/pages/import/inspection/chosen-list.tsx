// The files that were chosen and are not imported yet.

import { Button, Group, Stack, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useApi, useChosenFiles } from '../../../api/api.tsx';
import { optionsOf } from '../../../api/reading-draft.ts';
import { pluralize } from '../../../utils/format.ts';
import { InspectionCard } from './inspection-card.tsx';

export function ChosenList() {
  const { chosen, uploads } = useApi();
  const files = useChosenFiles();
  const heading = useFocusOnMore(files.length);
  if (files.length === 0) return null;
  const readable = files.filter(({ isReadable }) => isReadable);
  function importAll(): void {
    for (const { id, file, draft } of readable) {
      uploads.add([file], optionsOf(draft));
      chosen.remove(id);
    }
  }
  return (
    <Stack gap="sm" component="section" aria-labelledby="chosen-files">
      <Group justify="space-between">
        <Title
          order={2}
          id="chosen-files"
          ref={heading}
          tabIndex={-1}
          style={{ outline: 'none', scrollMarginTop: '5rem' }}
        >
          {pluralize(files.length, 'file')} to import
        </Title>
        {files.length > 1 && readable.length > 0 && (
          <Button onClick={importAll}>
            {readable.length < files.length ? `Import ${pluralize(readable.length, 'file')}` : 'Import all'}
          </Button>
        )}
      </Group>
      {files.map((file) => (
        <InspectionCard key={file.id} chosen={file} isOpen={files.length === 1} />
      ))}
    </Stack>
  );
}

/** Focuses the heading when files were added, so that the next Tab leads to the first of them. */
function useFocusOnMore(count: number) {
  const heading = useRef<HTMLHeadingElement>(null);
  const last = useRef(0);
  useEffect(() => {
    // After a page that has just opened has focused its own heading.
    const frame = count > last.current ? requestAnimationFrame(() => heading.current?.focus()) : 0;
    last.current = count;
    return () => cancelAnimationFrame(frame);
  }, [count]);
  return heading;
}
