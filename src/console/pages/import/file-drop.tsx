// A drop zone and a button to choose files for import.

import { Anchor, Button, Stack, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import '@mantine/dropzone/styles.css';
import { useRef } from 'react';
import { useApi } from '../../api/api.tsx';
import { ImportIcon } from '../../components/display/icons.tsx';

export function FileDrop() {
  const { chosen } = useApi();
  const open = useRef<() => void>(null);
  return (
    <Dropzone
      onDrop={(files) => chosen.add(files)}
      openRef={open}
      // Only the button reacts to clicks and keys; a control inside another control is not accessible.
      activateOnClick={false}
      activateOnKeyboard={false}
      enablePointerEvents
      inputProps={{ 'aria-label': 'Files to import' }}
      p="lg"
    >
      <Stack align="center" gap="sm" ta="center" py="xs">
        <ImportIcon size={32} />
        <Text fw={600}>Drop files here</Text>
        <Button onClick={() => open.current?.()}>Choose files</Button>
        <Text size="sm" c="dimmed">
          You can choose several files at once. If you have none yet, fill in{' '}
          <Anchor href="/template.csv" download inherit underline="always">
            a template
          </Anchor>
          .
        </Text>
      </Stack>
    </Dropzone>
  );
}
