// Notifications of the browser, for users who asked for them and look at something else.

/** The local storage key that says that the user asked for them. */
const KEY = 'loadstone:notify';

/** `denied`: the browser does not allow them for this page. */
export type NotifyState = 'off' | 'on' | 'denied' | 'unsupported';

export function notifyState(): NotifyState {
  // Over plain HTTP from another machine, browsers have them for no page.
  if (!('Notification' in window) || !window.isSecureContext) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  return Notification.permission === 'granted' && localStorage.getItem(KEY) === 'on' ? 'on' : 'off';
}

/** Call it when the user has clicked: browsers ignore the question otherwise. */
export async function startNotifying(): Promise<NotifyState> {
  if (Notification.permission === 'default') await Notification.requestPermission();
  localStorage.setItem(KEY, 'on');
  return notifyState();
}

export function stopNotifying(): NotifyState {
  localStorage.removeItem(KEY);
  return notifyState();
}

/**
 * Shows a notification if the user asked for them and does not see the page.
 *
 * @param onOpen the user has clicked it; the page has come to the front
 */
export function notifyUnseen(title: string, body: string, onOpen: () => void): void {
  if (!document.hidden || notifyState() !== 'on') return;
  try {
    const notification = new Notification(title, { body, icon: '/favicon.svg' });
    notification.onclick = () => {
      window.focus();
      notification.close();
      onOpen();
    };
  } catch {
    // Browsers of phones have them only for pages with a service worker.
  }
}
