import { html } from 'hono/html';
import { durationOf, type KindReport, type RunReport } from '../../domain/run.ts';
import type { Scope } from '../../domain/scope.ts';
import { shownCounts } from '../../domain/shown-counts.ts';
import { resyncWorkflowId } from '../../domain/workflow-ids.ts';
import { type TemporalUi, workflowAddress } from '../temporal-ui.ts';
import { sourceAddress } from './addresses.ts';
import { ago, chip, counted, type Html, number, outward, prose, tablePart, took, warning } from './parts.ts';

/** What a run was about, such as `Resync of repository, of what changed`. */
export function runSubject({ action, scope, plan }: Pick<RunReport, 'action' | 'scope' | 'plan'>): string {
  if (action === 'apply') return `Approved deletes of plan ${plan}`;
  if (action === 'retry') return 'Retry of the quarantine';
  if (action === 'sync') return 'Sync of ready entities';
  return `Resync${scopeText(scope)}`;
}

function scopeText({ kinds, since }: Scope): string {
  const which = kinds === null ? '' : ` of ${kinds.join(', ')}`;
  if (since === null) return which;
  return `${which}, only what changed since ${since.time ?? 'the last run'}`;
}

/** How a run goes, or went, kind by kind, and all that it has to say. */
export function runDetail(run: RunReport, ui: TemporalUi | null): Html {
  const { integration, outcome, warnings, kinds, removed } = run;
  return html`<p class="facts">
${chip(outcome)} <strong>${runSubject(run)}</strong>
<span>${run.finishedAt === null ? html`began ${ago(run.startedAt)}` : html`ended ${ago(run.finishedAt)}`}</span>
<span class="figures">${outcome === 'running' ? `for ${Math.round(durationOf(run))} s` : `took ${took(durationOf(run))}`}</span>
<span>run <a id="run-${run.run}" href="${sourceAddress(integration, 'runs', run.run)}">${run.run}</a></span>
${ui && outward(workflowAddress(ui, resyncWorkflowId(integration), run.workflowRunId), 'Temporal', `run ${run.run}`)}
</p>
${reasonPart(run)}
${warnings.map(warning)}
${kinds.length > 0 ? kindTable(kinds) : html`<p class="quiet">${outcome === 'running' ? 'It is about to begin.' : 'It read nothing.'}</p>`}
${kinds.map((kind) => kindRemarks(integration, kind))}
${removed.deleted > 0 && html`<p>${counted(removed.deleted, 'entity', 'entities')} of resources that are no longer configured: deleted.</p>`}
${removed.held !== null && heldRemark(integration, { what: 'Resources that are no longer configured', ...removed, held: removed.held })}`;
}

/** Why it ended as it did, unless its kinds say so themselves. */
function reasonPart({ reason, kinds, removed }: RunReport): Html | false {
  const said = [...kinds.flatMap(({ error, held }) => [error, held]), removed.held];
  if (kinds.some(({ error }) => error !== null))
    return html`<p>Nothing was deleted, as not every kind is complete.</p>`;
  return (
    reason !== null && !said.some((text) => text !== null && reason.includes(text)) && html`<p>${prose(reason)}</p>`
  );
}

function kindTable(kinds: readonly KindReport[]): Html {
  const counts = shownCounts(kinds);
  return tablePart(
    'Kinds of the run',
    html`<th scope="col">Kind</th><th scope="col">State</th>${counts.map(({ heading }) => html`<th scope="col" class="number">${heading}</th>`)}`,
    kinds.map(
      (kind) =>
        html`<tr><th scope="row">${kind.kind}</th><td>${chip(kind.state)}</td>${counts.map(
          ({ count }) => html`<td class="number${kind[count] === 0 && ' zero'}">${number(kind[count])}</td>`,
        )}</tr>`,
    ),
  );
}

function kindRemarks(integration: string, { kind, error, held, plan, failedFields }: KindReport): Html {
  return html`${error !== null && html`<p class="mistake"><strong>${kind}</strong>: ${prose(error)}</p>`}
${held !== null && heldRemark(integration, { what: kind, held, plan })}
${failedFields.map(
  ({ field, records, reason }) =>
    html`<p class="warning"><strong>${kind}</strong>: <code>${field}</code> was left as it is in ${counted(records, 'record')}: ${prose(reason)}</p>`,
)}`;
}

function heldRemark(
  integration: string,
  { what, held, plan }: { what: string; held: string; plan: string | null },
): Html {
  return html`<p class="warning"><strong>${what}</strong>: ${prose(held)}
${plan !== null && html`<a id="held-${plan}" href="${sourceAddress(integration, 'plans', plan)}">Look at what is held</a>`}</p>`;
}

/** What is said of a run to who cannot see it. */
export function runWords(run: RunReport): string {
  const ended = run.kinds.filter(({ state }) => state !== 'pending' && state !== 'running').length;
  if (run.outcome === 'running')
    return `${runSubject(run)} goes on: ${ended} of ${counted(run.kinds.length, 'kind')} ended`;
  return `${runSubject(run)} ended: ${run.outcome}`;
}
