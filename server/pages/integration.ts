import { html } from 'hono/html';
import { stringify } from 'yaml';
import type { IntegrationStatus, WaitingTrigger } from '../../client/client.ts';
import { kindsIn } from '../../config/document.ts';
import type { ConfigurationPatch } from '../../config/patch.ts';
import type { RunReport } from '../../domain/run.ts';
import { resyncWorkflowId } from '../../domain/workflow-ids.ts';
import { type TemporalUi, workflowAddress } from '../temporal-ui.ts';
import { sourceAddress, withQuery } from './addresses.ts';
import { nextPart } from './integrations.ts';
import { page } from './layout.ts';
import { ago, chip, counted, type Html, outward, warning } from './parts.ts';
import { planTable } from './plans.ts';
import { type Polled, polled } from './polled.ts';
import { runDetail, runSubject, runWords } from './run.ts';
import { runTable } from './runs.ts';

export interface Overview {
  readonly status: IntegrationStatus;
  readonly runs: readonly RunReport[];
  /** What was asked for from this page and has not begun. */
  readonly waiting: WaitingTrigger | null;
  readonly trouble: string | null;
  readonly ui: TemporalUi | null;
}

const OVERVIEW = 'overview';

/** One integration: how it is, what can be done with it, what it did, what it is configured to do. */
export async function integrationPage(overview: Overview, config: ConfigurationPatch): Promise<Html> {
  const { status, ui } = overview;
  const { integration, configVersion, configOrigin } = status;
  const { part } = await overviewPart(overview);
  const main = html`<p class="crumbs"><a href="/">Data sources</a></p>
<div class="head"><h1>${integration}</h1>
<p class="links"><a href="${withQuery('/entities', { integration })}">Its entities</a>
${ui && outward(workflowAddress(ui, resyncWorkflowId(integration)), 'Its workflow in Temporal', integration)}</p></div>
${resyncForm(integration, kindsIn({ integration: config }))}
${part}
<section aria-labelledby="configuration"><h2 id="configuration">Configuration in force</h2>
<p>${configVersion === null ? 'There is none yet.' : `Version ${configVersion}, from the ${configOrigin === 'file' ? 'configuration file' : configOrigin}.`} <span class="quiet">Source, destination and secrets stay in the file and are not shown.</span></p>
<details><summary>Show it</summary><pre tabindex="0">${stringify(config)}</pre></details>
</section>`;
  return page({ title: integration, section: 'sources', main, refresh: isBusy(overview) ? 2 : 10 });
}

const resyncForm = (integration: string, kinds: readonly string[]): Html =>
  html`<form class="row" method="post" action="${sourceAddress(integration, 'resync')}" hx-post="${sourceAddress(integration, 'resync')}" hx-target="#${OVERVIEW}" hx-swap="outerHTML" hx-sync="this:drop">
<button id="resync" class="primary">Resync</button>
<span><label for="kind">Kinds</label>
<select id="kind" name="kind"><option value="">all</option>${kinds.map((kind) => html`<option>${kind}</option>`)}</select></span>
<span><label for="since">Read</label>
<select id="since" name="since"><option value="">everything</option><option value="last">what changed since the last run</option></select></span>
</form>`;

/** What changes while one looks. */
export function overviewPart(overview: Overview): Promise<Polled> {
  const { status, runs, waiting, trouble, ui } = overview;
  const { integration, lastRun, openPlans } = status;
  const content = html`${trouble !== null && warning(trouble)}
${status.warnings.map(warning)}
<section aria-labelledby="now"><h2 id="now">${lastRun?.outcome === 'running' ? 'Now' : 'Last run'}</h2>
${waiting !== null && html`<p class="facts">${chip('waiting')} <strong>${runSubject({ ...waiting, plan: null })}</strong> <span>asked for ${ago(waiting.createdAt)}; a worker takes it up next.</span></p>`}
${lastRun === null ? waiting === null && html`<p class="quiet">It never ran. The button above starts the first resync.</p>` : runDetail(lastRun, ui)}
</section>
${factList(status)}
${
  openPlans.length > 0 &&
  html`<section aria-labelledby="plans"><h2 id="plans">Held deletes</h2>
<p>A guard holds these back until you decide. <a id="all-plans" href="${sourceAddress(integration, 'plans')}">All plans</a></p>
${planTable(openPlans)}</section>`
}
<section aria-labelledby="runs"><h2 id="runs">Recent runs</h2>
${runTable(runs, ui)}
</section>`;
  return polled({
    id: OVERVIEW,
    address: withQuery(sourceAddress(integration), { trigger: waiting?.trigger }),
    every: isBusy(overview) ? 1 : 5,
    said: wordsOf(overview),
    content,
  });
}

function factList(status: IntegrationStatus): Html {
  const { integration, lastComplete, openPlans, quarantined } = status;
  return html`<dl class="tiles">
<div><dt>Last complete resync</dt><dd>${lastComplete?.finishedAt ? ago(lastComplete.finishedAt) : 'none yet'}</dd></div>
<div><dt>Next resync</dt><dd>${nextPart(status)}</dd></div>
<div><dt>Held deletes</dt><dd>${openPlans.length === 0 ? html`none <a id="decided-plans" class="aside" href="${sourceAddress(integration, 'plans')}">past plans</a>` : html`<a id="to-plans" href="#plans">${counted(openPlans.length, 'plan')}</a>`}</dd></div>
<div><dt>Quarantine</dt><dd>${quarantined === 0 ? 'empty' : html`<a id="to-quarantine" href="${sourceAddress(integration, 'quarantine')}">${counted(quarantined, 'record')}</a>`}</dd></div>
</dl>`;
}

const isBusy = ({ waiting, status }: Overview): boolean => waiting !== null || status.lastRun?.outcome === 'running';

function wordsOf({ waiting, status: { lastRun } }: Overview): string {
  if (waiting !== null) return `${runSubject({ ...waiting, plan: null })} is asked for`;
  return lastRun === null ? '' : runWords(lastRun);
}
