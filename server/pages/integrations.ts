import { html } from 'hono/html';
import type { IntegrationStatus } from '../../client/client.ts';
import { intervalText } from '../../domain/schedule.ts';
import { sourceAddress, withQuery } from './addresses.ts';
import { page } from './layout.ts';
import { ago, ahead, cardTable, chip, counted, type Html, number, prose, warning } from './parts.ts';
import { type Polled, polled } from './polled.ts';

export interface IntegrationList {
  readonly integrations: readonly IntegrationStatus[];
  readonly search: string;
  /** What keeps every integration from being resynced; `null`: nothing. */
  readonly trouble: string | null;
}

const LIST = 'list';

/** The Data Sources page: all integrations, and how they are (seed S1.11). */
export async function integrationsPage(list: IntegrationList): Promise<Html> {
  const { part } = await integrationList(list);
  const main = html`<h1>Data sources</h1>
<form class="search" role="search" method="get" action="/">
<label for="search">Search</label>
<input id="search" name="search" type="search" value="${list.search}" placeholder="Name of an integration" autocomplete="off" spellcheck="false"
 hx-get="/" hx-trigger="input changed delay:150ms, search" hx-target="#${LIST}" hx-swap="outerHTML" hx-sync="this:replace" hx-replace-url="true">
<button>Search</button>
</form>
${part}`;
  return page({ title: 'Data sources', section: 'sources', main, refresh: 10 });
}

/** The integrations whose id holds the text, in any case. */
export function integrationList({ integrations, search, trouble }: IntegrationList): Promise<Polled> {
  const found = integrations.filter(({ integration }) => integration.includes(search.trim().toLowerCase()));
  const isBusy = found.some(({ lastRun }) => lastRun?.outcome === 'running');
  const content = html`${trouble !== null && warning(trouble)}
<p class="quiet">${found.length === integrations.length ? counted(found.length, 'integration') : `${found.length} of ${counted(integrations.length, 'integration')}`}</p>
${found.length > 0 && integrationTable(found)}
${found.length === 0 && html`<p>${integrations.length === 0 ? NONE : html`None has “${search}” in its name. <a id="all" href="/">Show all</a>`}</p>`}`;
  return polled({
    id: LIST,
    address: withQuery('/', { search }),
    every: isBusy ? 1 : 3,
    said: search === '' ? '' : `${counted(found.length, 'integration')} found`,
    content,
  });
}

const NONE = prose(
  'None is configured yet: start with `--config FILE`, or write one with `npx tidemark validate` at hand.',
);

const integrationTable = (integrations: readonly IntegrationStatus[]): Html =>
  cardTable(
    'Integrations',
    html`<th scope="col">Integration</th><th scope="col">Last run</th><th scope="col">Last complete</th><th scope="col">Next</th><th scope="col" class="number">Held</th><th scope="col" class="number">Quarantine</th><th scope="col"><span class="visually-hidden">Action</span></th>`,
    integrations.map(integrationRow),
  );

function integrationRow(status: IntegrationStatus): Html {
  const { integration, lastRun, lastComplete, quarantined } = status;
  const address = sourceAddress(integration);
  const held = status.openPlans.reduce((sum, { entities }) => sum + entities, 0);
  const warnings = [...status.warnings, ...(lastRun?.warnings ?? [])];
  return html`<tr>
<th scope="row" class="words"><a id="source-${integration}" href="${address}">${integration}</a>${warnings.map((text) => html`<br><span class="chip warn">note</span> <span class="quiet">${prose(text)}</span>`)}</th>
<td data-label="Last run">${lastRun === null ? chip('never') : chip(lastRun.outcome)}</td>
<td data-label="Last complete">${lastComplete?.finishedAt ? ago(lastComplete.finishedAt) : html`<span class="quiet">none yet</span>`}</td>
<td data-label="Next">${nextPart(status)}</td>
<td class="number" data-label="Held">${held === 0 ? html`<span class="zero">0</span>` : html`<a id="held-${integration}" href="${address}#plans">${number(held)}<span class="visually-hidden"> held deletes of ${integration}</span></a>`}</td>
<td class="number" data-label="Quarantine">${quarantined === 0 ? html`<span class="zero">0</span>` : html`<a id="quarantine-${integration}" href="${sourceAddress(integration, 'quarantine')}">${number(quarantined)}<span class="visually-hidden"> records of ${integration} in quarantine</span></a>`}</td>
<td class="action"><form method="post" action="${sourceAddress(integration, 'resync')}"><button id="resync-${integration}">Resync<span class="visually-hidden"> ${integration}</span></button></form></td>
</tr>`;
}

/** When the next resync is due. */
export function nextPart({ schedule }: Pick<IntegrationStatus, 'schedule'>): Html {
  if (schedule === null) return html`<span class="quiet">when triggered</span>`;
  if (schedule.nextRun === null) return html`every ${intervalText(schedule.intervalSeconds)}`;
  return html`${ahead(schedule.nextRun)} <span class="quiet">every ${intervalText(schedule.intervalSeconds)}</span>`;
}
