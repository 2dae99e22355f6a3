import { cpus, totalmem } from 'node:os';
import type { Measurement } from './measurement.ts';

type Line = readonly [label: string, value: (measurement: Measurement) => string];

const count = (value: number): string => value.toLocaleString('en-US');
const measured = (value: number | null, unit: string, digits = 1): string =>
  value === null ? 'not available' : `${value.toFixed(digits)} ${unit}`;

const LINES: readonly Line[] = [
  ['rows', ({ rows }) => count(rows)],
  ['**rows/s**', ({ rowsPerSecond }) => `**${count(rowsPerSecond)}**`],
  ['the floor, rows/s', ({ floor }) => (floor ? count(Math.round(floor.rows / floor.seconds)) : '–')],
  [
    '**times the time of the floor**',
    ({ floor, seconds }) => (floor ? `**${(seconds / floor.seconds).toFixed(2)}**` : '–'),
  ],
  ['trigger to end seen', ({ seconds }) => measured(seconds, 's')],
  ['the run itself', ({ runSeconds }) => measured(runSeconds, 's')],
  ['from then until found by search', ({ indexedSeconds }) => measured(indexedSeconds, 's')],
  ['CPU of the worker', ({ cpuSeconds }) => measured(cpuSeconds.worker, 's')],
  ['CPU of Temporal', ({ cpuSeconds }) => measured(cpuSeconds.temporal, 's')],
  ['CPU of PostgreSQL', ({ cpuSeconds }) => measured(cpuSeconds.postgres, 's')],
  ['CPU per row, all three', ({ cpuMillisecondsPerRow }) => measured(cpuMillisecondsPerRow, 'ms', 3)],
  ['peak memory of the worker', ({ workerPeakMemoryMB }) => measured(workerPeakMemoryMB, 'MB', 0)],
  ['workflow executions', ({ history }) => count(history.workflows)],
  ['history events, all / longest', ({ history }) => `${count(history.events)} / ${count(history.mostEvents)}`],
  ['history KB, all / largest', ({ history }) => `${kilobytes(history.bytes)} / ${kilobytes(history.mostBytes)}`],
  ['largest payload', ({ history }) => `${kilobytes(history.largestPayloadBytes)} KB`],
  [
    'created / updated / unchanged / deleted',
    ({ counts }) => [counts.created, counts.updated, counts.unchanged, counts.deleted].map(count).join(' / '),
  ],
  [
    'calls to Port: upserts / deletes',
    ({ portCalls }) => (portCalls === null ? '–' : [portCalls.upserts, portCalls.deletes].map(count).join(' / ')),
  ],
  [
    'catalog rows inserted / updated / deleted',
    ({ catalogWrites: { inserted, updated, deleted } }) => [inserted, updated, deleted].map(count).join(' / '),
  ],
];

/** 10³ bytes. */
function kilobytes(bytes: number): string {
  return (bytes / 1e3).toFixed(1);
}

/** The measurements as a table in Markdown, a column a scenario. */
export function table(measurements: readonly Measurement[]): string {
  const rows = [
    ['', ...measurements.map(({ scenario }) => scenario)],
    ...LINES.map(([label, value]) => [label, ...measurements.map(value)]),
  ];
  const widths = [0, ...measurements.keys(), 0].map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const padded = rows.map((row) =>
    line(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))),
  );
  const rule = line(
    widths
      .slice(0, measurements.length + 1)
      .map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return [padded[0], rule, ...padded.slice(1)].join('\n');
}

/** What the measurements were taken on. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}, Node ${process.versions.node}`;
}
