// Closes an editor with the Escape key.

import type { KeyboardEvent } from 'react';

/** @returns the props of the element that Escape closes. Dialogs and menus that it opens keep their own Escape. */
export function escapeProps(close: () => void): { onKeyDown(event: KeyboardEvent): void } {
  return {
    onKeyDown(event) {
      // Dialogs are elsewhere in the document, although their events arrive here.
      const isInside = event.currentTarget.contains(event.target as Node);
      // While text is composed, Escape is a key of the input method.
      if (event.key !== 'Escape' || event.nativeEvent.isComposing || event.defaultPrevented || !isInside)
        return;
      event.stopPropagation();
      close();
    },
  };
}
