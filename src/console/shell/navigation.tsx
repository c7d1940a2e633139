// Links to the pages: a sidebar on wide screens, tabs at the bottom on narrow ones.

import { Badge } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { useLiveImports } from '../api/api.tsx';
import { isRunning } from '../api/live/import-state.ts';
import {
  HistoryIcon,
  ImportIcon,
  NamesIcon,
  ProductsIcon,
  SourceIcon,
} from '../components/display/icons.tsx';
import classes from './shell.module.css';

const NAV_ITEMS = [
  { href: '/', label: 'Import', Icon: ImportIcon },
  { href: '/imports', label: 'History', Icon: HistoryIcon },
  { href: '/sources', label: 'Sources', Icon: SourceIcon },
  { href: '/products', label: 'Products', Icon: ProductsIcon },
  { href: '/names', label: 'Names', Icon: NamesIcon },
];

export function Navigation({ as }: { as: 'link' | 'tab' }) {
  const [path] = useLocation();
  const running = useLiveImports().filter(isRunning).length;
  return NAV_ITEMS.map(({ href, label, Icon }) => (
    <Link
      key={href}
      href={href}
      className={classes[as]}
      aria-current={isCurrent(path, href) ? 'page' : undefined}
    >
      <Icon />
      {label}
      {href === '/' && running > 0 && (
        <Badge className={classes['count'] ?? ''} size="sm" circle aria-label={`${running} running`}>
          {running}
        </Badge>
      )}
    </Link>
  ));
}

function isCurrent(path: string, href: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}
