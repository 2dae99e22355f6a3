import { durationOf, type KindReport, type RunReport } from '../domain/run.ts';
import { shownCounts } from '../domain/shown-counts.ts';

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
  const counts = shownCounts(kinds);
  const header = ['kind', 'state', ...counts.map(({ heading }) => heading)];
  const rows = kinds.map((kind) => [kind.kind, kind.state, ...counts.map(({ count }) => String(kind[count]))]);
  return table([header, ...rows]);
}

/** What there is to say beside the counts: warnings, failures, holds, fields left out. One a line. */
function remarks(run: RunReport): string[] {
  const kinds = run.kinds.flatMap((kind) => [
    ...(kind.error ? [`${kind.kind}: ${kind.error}`] : []),
    ...(kind.held ? [`${kind.kind}: ${kind.held}`] : []),
    ...kind.failedFields.map(
      ({ field, records, reason }) => `${kind.kind}: ${field} was left as it is in ${records} record(s): ${reason}`,
    ),
  ]);
  if (run.removed.held) kinds.push(`removed: ${run.removed.held}`);
  if (run.removed.deleted > 0) kinds.push(`removed: ${run.removed.deleted} entities deleted`);
  const plans = [...run.kinds, run.removed].flatMap(({ plan }) => plan ?? []);
  if (plans.length > 0) {
    const [plan] = plans;
    kinds.push(
      `look: tidemark plans ${run.integration} ${plan}; then: tidemark approve ${run.integration} ${plan}, or tidemark reject ${run.integration} ${plan}`,
    );
  }
  const said = kinds.join('\n');
  const reason =
    run.reason && !run.kinds.some((kind) => kind.error && run.reason?.includes(kind.error)) ? [run.reason] : [];
  return [...reason.filter((text) => !said.includes(text)), ...run.warnings, ...kinds];
}

export const seconds = (run: RunReport): string => `${durationOf(run).toFixed(1)} s`;

/** What a run was about, and how it ended. */
function headline({ integration, outcome, action, plan, scope }: RunReport): string {
  if (action === 'apply') return `${integration}: plan ${plan} ${outcome === 'complete' ? 'applied' : outcome}`;
  if (action === 'sync') return `${integration}: sync ${outcome}`;
  if (action === 'retry') return `${integration}: retry of the quarantine ${outcome}`;
  const kinds = scope.kinds === null ? '' : ` of ${scope.kinds.join(', ')}`;
  return `${integration}: ${kinds || scope.since ? `resync${kinds}${scope.since ? ' of what changed' : ''} ` : ''}${outcome}`;
}

/** A run as people read it. */
export function runText(run: RunReport): string {
  const lines = [`${headline(run)} (run ${run.run}, ${seconds(run)})`];
  if (run.kinds.length > 0) lines.push(indent(kindTable(run.kinds)));
  lines.push(...remarks(run).map((remark) => `  ${remark}`));
  return lines.join('\n');
}

export function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
