import type { KindReport, RunReport } from '../domain/run.ts';

const COLUMNS = ['read', 'created', 'updated', 'unchanged', 'deleted'] as const;

/** Columns that are shown when any kind has something in them. */
const RARE_COLUMNS = ['ruledOut', 'quarantined', 'duplicates', 'outdated', 'unconfirmed'] as const;

const HEADINGS: Readonly<Record<(typeof RARE_COLUMNS)[number], string>> = {
  ruledOut: 'ruled out',
  quarantined: 'quarantined',
  duplicates: 'duplicates',
  outdated: 'outdated',
  unconfirmed: 'unconfirmed',
};

/** Rows of cells as aligned text; all but the first two columns to the right. */
export function table(rows: readonly (readonly string[])[], leftColumns = 2): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < leftColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What a run did, kind by kind, as a table. */
export function kindTable(kinds: readonly KindReport[]): string {
  const rare = RARE_COLUMNS.filter((column) => kinds.some((kind) => kind[column] > 0));
  const header = ['kind', 'state', ...COLUMNS, ...rare.map((column) => HEADINGS[column])];
  const rows = kinds.map((kind) => [
    kind.kind,
    kind.state,
    ...[...COLUMNS, ...rare].map((column) => String(kind[column])),
  ]);
  return table([header, ...rows]);
}

/** Why a run is not simply complete: failures, holds, fields left out. One a line. */
function remarks(run: RunReport): string[] {
  const kinds = run.kinds.flatMap((kind) => [
    ...(kind.error ? [`${kind.kind}: ${kind.error}`] : []),
    ...(kind.held ? [`${kind.kind}: ${kind.held}`] : []),
    ...kind.failedFields.map(
      ({ field, records, reason }) => `${kind.kind}: ${field} was left as it is in ${records} record(s): ${reason}`,
    ),
  ]);
  const said = kinds.join('\n');
  const reason =
    run.reason && !run.kinds.some((kind) => kind.error && run.reason?.includes(kind.error)) ? [run.reason] : [];
  return [...reason.filter((text) => !said.includes(text)), ...kinds];
}

export function seconds(run: RunReport): string {
  const end = run.finishedAt ? Date.parse(run.finishedAt) : Date.now();
  return `${((end - Date.parse(run.startedAt)) / 1000).toFixed(1)} s`;
}

/** A run as people read it. */
export function runText(run: RunReport): string {
  const lines = [`${run.integration}: ${run.outcome} (run ${run.run}, ${seconds(run)})`];
  if (run.kinds.length > 0) lines.push(indent(kindTable(run.kinds)));
  lines.push(...remarks(run).map((remark) => `  ${remark}`));
  return lines.join('\n');
}

export function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** Seconds as people say them. */
export function age(value: number): string {
  if (value < 120) return `${value} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return value < 172_800 ? `${Math.round(value / 3600)} h` : `${Math.round(value / 86_400)} d`;
}
