// Formats numbers, durations and tables.

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1234567.8` as `1,234,568`. */
export function formatCount(value: number): string {
  return COUNT.format(value);
}

/** `3.217` as `3.2 s`, `75` as `1 min 15 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Aligns cells in columns: numbers to the right, everything else to the left. */
export function alignTable(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell)));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const lines = cells.map((row, index) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return typeof rows[index]?.[column] === 'number' ? cell.padStart(width) : cell.padEnd(width);
    }),
  );
  return lines.map((line) => line.join('  ').trimEnd()).join('\n');
}
