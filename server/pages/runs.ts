import { html } from 'hono/html';
import { durationOf, type KindCounts, type RunReport } from '../../domain/run.ts';
import { resyncWorkflowId } from '../../domain/workflow-ids.ts';
import { type TemporalUi, workflowAddress } from '../temporal-ui.ts';
import { sourceAddress } from './addresses.ts';
import { ago, cardTable, chip, type Html, number, outward, prose, shortened, took } from './parts.ts';
import { runSubject } from './run.ts';

const COUNTS = ['read', 'created', 'updated', 'deleted', 'quarantined'] as const;

/** Without the link into the Temporal UI. */
const COLUMNS = 5 + COUNTS.length;

/** Past runs, a line each. */
export function runTable(runs: readonly RunReport[], ui: TemporalUi | null): Html {
  if (runs.length === 0) return html`<p class="quiet">There was none yet.</p>`;
  return cardTable(
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
<td data-label="Outcome">${chip(outcome)}</td>
<td class="words" data-label="What">${runSubject(run)}</td>
<td data-label="Began">${ago(run.startedAt)}</td>
<td class="number" data-label="Took">${finishedAt === null ? '…' : took(durationOf(run))}</td>
${COUNTS.map((count) => html`<td class="number${total(run, count) === 0 && ' zero'}" data-label="${count}">${number(total(run, count))}</td>`)}
${ui && html`<td data-label="Temporal">${outward(workflowAddress(ui, resyncWorkflowId(integration), run.workflowRunId), 'open', `run ${run.run}`)}</td>`}
</tr>
${reason !== null && html`<tr class="remark"><td colspan="${ui === null ? COLUMNS : COLUMNS + 1}">${prose(shortened(reason))}</td></tr>`}`;
}

function total({ kinds, removed }: RunReport, count: keyof KindCounts): number {
  const others = count === 'deleted' ? removed.deleted : 0;
  return kinds.reduce((sum, kind) => sum + kind[count], others);
}
