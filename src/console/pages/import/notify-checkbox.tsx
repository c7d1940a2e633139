// Asks for a notification of the browser when the imports of this tab end.

import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { notifyState, startNotifying, stopNotifying } from '../../utils/browser-notifications.ts';

export function NotifyCheckbox() {
  const [state, setState] = useState(notifyState);
  if (state === 'unsupported') return null;
  return (
    <Checkbox
      label="Notify me when it is done"
      description={
        state === 'denied' &&
        'The browser does not allow it. Allow notifications for this page in its settings.'
      }
      size="sm"
      checked={state === 'on'}
      disabled={state === 'denied'}
      onChange={({ currentTarget }) => {
        if (currentTarget.checked) void startNotifying().then(setState);
        else setState(stopNotifying());
      }}
    />
  );
}
