// A progress bar with a label, details and a percentage in fixed positions, so that only the bar moves.

import { Progress, Stack } from '@mantine/core';
import { formatPercent } from '../../../utils/format.ts';
import classes from './progress-line.module.css';

interface ProgressLineProps {
  label: string;
  /** The accessible name. */
  name: string;
  /** Undefined if unknown. */
  percent: number | undefined;
  details: (string | undefined)[];
}

export function ProgressLine({ label, name, percent, details }: ProgressLineProps) {
  const text = details.filter((detail) => detail !== undefined).join(' · ');
  const share = percent === undefined ? '' : formatPercent(percent);
  return (
    <Stack gap={4}>
      <div className={classes['text']}>
        <span className={classes['label']}>{label}</span>
        <span className={classes['details']}>{text}</span>
        <span className={classes['percent']}>{share}</span>
      </div>
      <Progress.Root size="sm" transitionDuration={200}>
        <Progress.Section
          value={percent ?? 100}
          striped={percent === undefined}
          animated={percent === undefined}
          aria-label={name}
          aria-valuetext={[`${label}: ${share}`, text].filter(Boolean).join(', ')}
        />
      </Progress.Root>
    </Stack>
  );
}
