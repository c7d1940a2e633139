// The console's icons, drawn in the colour of the text. Each repeats a label beside it, so screen readers skip them.

import type { ReactNode } from 'react';

interface IconProps {
  size?: number;
}

function icon(strokes: ReactNode) {
  return ({ size = 20 }: IconProps) => (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {strokes}
    </svg>
  );
}

export const ImportIcon = icon(
  <path d="M12 16V4m0 0L7 9m5-5 5 5M4 15v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3" />,
);
export const HistoryIcon = icon(<path d="M4 5v5h5M4.500 10A8 8 0 1 1 4 13m8-5v5l3 2" />);
export const ProductsIcon = icon(
  <path d="m12 3 8 4.500v9L12 21l-8-4.500v-9zm0 9 8-4.500M12 12v9m0-9L4 7.500" />,
);
export const NamesIcon = icon(<path d="M5 20V11m7 9V4m7 16v-6" />);
export const SourceIcon = icon(
  <path d="M12 4c4.400 0 8 1.300 8 3s-3.600 3-8 3-8-1.300-8-3 3.600-3 8-3zM4 7v10c0 1.700 3.600 3 8 3s8-1.300 8-3V7M4 12c0 1.700 3.600 3 8 3s8-1.300 8-3" />,
);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2v2m0 16v2M4.900 4.900l1.400 1.400m11.400 11.400 1.400 1.400M2 12h2m16 0h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400" />
  </>,
);
export const MoonIcon = icon(
  <path d="M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z" />,
);
export const SystemIcon = icon(<path d="M4 5h16v11H4zm5 15h6m-3-4v4" />);
export const CodeIcon = icon(<path d="m8 7-5 5 5 5m8-10 5 5-5 5" />);
export const CheckIcon = icon(<path d="m5 12.500 4.500 4.500L19 7.500" />);
export const WarningIcon = icon(<path d="M12 4 2.500 20h19zm0 6v4.500m0 2.700v.1" />);
export const QuestionIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700m0 2.700v.1" />
  </>,
);
export const WatchIcon = icon(
  <>
    <path d="M2.500 12C4.500 8 8 5.500 12 5.500S19.500 8 21.500 12c-2 4-5.500 6.500-9.500 6.500S4.500 16 2.500 12z" />
    <circle cx="12" cy="12" r="2.750" />
  </>,
);
export const RefreshIcon = icon(
  <path d="M20 5v5h-5M4 19v-5h5m10.200-4A7.500 7.500 0 0 0 6 7.500L4.500 9m.3 5A7.500 7.500 0 0 0 18 16.500l1.500-1.500" />,
);
export const PauseIcon = icon(<path d="M8.500 6v12m7-12v12" />);
export const SearchIcon = icon(<path d="M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm5.200 12.200L21 21" />);
export const PreviousIcon = icon(<path d="m14.500 6-6 6 6 6" />);
export const NextIcon = icon(<path d="m9.500 6 6 6-6 6" />);
export const DownloadIcon = icon(<path d="M12 4v12m0 0-5-5m5 5 5-5M4 20h16" />);
export const DocsIcon = icon(
  <path d="M5 4.5h6.500a2 2 0 0 1 .5 1v14a3 3 0 0 0-2-.8H5zm14 0h-6.500a2 2 0 0 0-.5 1v14a3 3 0 0 1 2-.8h5z" />,
);
export const MoreIcon = icon(<path d="M5 12h.01M12 12h.01M19 12h.01" strokeWidth="3" />);
