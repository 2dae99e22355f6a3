import { html } from 'hono/html';
import type { QuarantinedRecord } from '../../domain/quarantine.ts';
import { sourceAddress } from './addresses.ts';
import { page } from './layout.ts';
import { ago, counted, type Html, number, prose } from './parts.ts';

export interface QuarantineParts {
  readonly integration: string;
  readonly records: readonly QuarantinedRecord[];
  /** All there are; `records` may be the latest of them only. */
  readonly total: number;
}

/** Records whose identity could not be evaluated, with why, and raw. */
export function quarantinePage({ integration, records, total }: QuarantineParts): Html {
  const main = html`<p class="crumbs"><a href="/">Data sources</a> <a href="${sourceAddress(integration)}">${integration}</a></p>
<h1>Quarantine</h1>
<p>Records whose identity could not be evaluated. They count as seen, so nothing is deleted because of them. Mend the mapping, then retry; the next complete resync does so as well.</p>
${
  total === 0
    ? html`<p class="quiet">It is empty.</p>`
    : html`<form class="row" method="post" action="${sourceAddress(integration, 'quarantine', 'retry')}">
<button class="primary">Retry ${counted(total, 'record')}</button>
</form>
${total > records.length && html`<p class="quiet">The latest ${number(records.length)} of ${number(total)}.</p>`}
<ul class="cards">${records.map(recordPart)}</ul>`
}`;
  return page({ title: `Quarantine of ${integration}`, section: 'sources', main });
}

const recordPart = (record: QuarantinedRecord): Html => html`<li class="card">
<p class="facts"><strong>${record.kind}</strong> <code>${record.key}</code> ${record.resource !== record.kind && html`<span>resource ${record.resource}</span>`} <span>first seen ${ago(record.firstSeen)}</span> <span>last seen ${ago(record.lastSeen)}</span></p>
<p class="mistake"><code>${record.stage}</code>: ${prose(record.reason)}</p>
<details><summary>Raw record</summary><pre tabindex="0">${indented(record.raw)}</pre></details>
</li>`;

function indented(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}
