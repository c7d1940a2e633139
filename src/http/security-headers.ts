// Headers that keep browsers from misusing what the server sends. Each response has them.

const YEAR_SECONDS = 31_536_000;

/** A page of ours has a policy of its own in place of this one. */
export const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Only over https: browsers ignore it otherwise. */
export const HTTPS_HEADERS = { 'strict-transport-security': `max-age=${YEAR_SECONDS}` };

/**
 * The policy of a page of ours: it gets nothing from other hosts, and runs no scripts but those named.
 *
 * @param rules that differ between pages
 */
export function pagePolicy(rules: {
  scripts: string;
  styles: string;
  workers?: string;
  fonts?: string;
}): string {
  return [
    "default-src 'none'",
    `script-src ${rules.scripts}`,
    `style-src ${rules.styles}`,
    ...(rules.workers ? [`worker-src ${rules.workers}`] : []),
    `font-src ${rules.fonts ?? "'self'"}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
