import { html } from 'hono/html';
import { durationOf, type KindCounts, type RunReport } from '../../domain/run.ts';
import { resyncWorkflowId } from '../../domain/workflow-ids.ts';
import { type TemporalUi, workflowAddress } from '../temporal-ui.ts';
import { sourceAddress } from './addresses.ts';
import { ago, chip, type Html, number, outward, tablePart, took } from './parts.ts';
import { runSubject } from './run.ts';

const COUNTS = ['read', 'created', 'updated', 'deleted', 'quarantined'] as const;

/** Past runs, a line each. */
export function runTable(runs: readonly RunReport[], ui: TemporalUi | null): Html {
  if (runs.length === 0) return html`<p class="quiet">There was none yet.</p>`;
  return tablePart(
    'Runs',
    html`<th scope="col">Run</th><th scope="col">Outcome</th><th scope="col">What</th><th scope="col">Began</th><th scope="col" class="number">Took</th>${COUNTS.map(
      (count) => html`<th scope="col" class="number">${count}</th>`,
    )}${ui && html`<th scope="col">Temporal</th>`}`,
    runs.map((run) => runRow(run, ui)),
  );
}

function runRow(run: RunReport, ui: TemporalUi | null): Html {
  const { integration, outcome, finishedAt, reason } = run;
  return html`<tr>
<th scope="row"><a id="past-${run.run}" href="${sourceAddress(integration, 'runs', run.run)}">${run.run}</a></th>
<td>${chip(outcome)}</td>
<td class="words">${runSubject(run)}${reason !== null && html`<br><span class="quiet">${reason}</span>`}</td>
<td>${ago(run.startedAt)}</td>
<td class="number">${finishedAt === null ? '…' : took(durationOf(run))}</td>
${COUNTS.map((count) => html`<td class="number${total(run, count) === 0 && ' zero'}">${number(total(run, count))}</td>`)}
${ui && html`<td>${outward(workflowAddress(ui, resyncWorkflowId(integration), run.workflowRunId), 'open', `run ${run.run}`)}</td>`}
</tr>`;
}

function total({ kinds, removed }: RunReport, count: keyof KindCounts): number {
  const others = count === 'deleted' ? removed.deleted : 0;
  return kinds.reduce((sum, kind) => sum + kind[count], others);
}
