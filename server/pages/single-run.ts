import { html } from 'hono/html';
import type { RunReport } from '../../domain/run.ts';
import type { TemporalUi } from '../temporal-ui.ts';
import { sourceAddress } from './addresses.ts';
import { page } from './layout.ts';
import { ago, counted, type Html } from './parts.ts';
import { type Polled, polled } from './polled.ts';
import { runDetail, runWords } from './run.ts';

/** One run, by itself. */
export async function runPage(run: RunReport, ui: TemporalUi | null): Promise<Html> {
  const { integration } = run;
  const { part } = await runPart(run, ui);
  const main = html`<p class="crumbs"><a href="/">Data sources</a> <a href="${sourceAddress(integration)}">${integration}</a></p>
<h1>Run ${run.run}</h1>
${part}
<dl class="fields">
<div><dt>Began</dt><dd>${ago(run.startedAt)} <span class="quiet">${run.startedAt}</span></dd></div>
${run.finishedAt !== null && html`<div><dt>Ended</dt><dd>${ago(run.finishedAt)} <span class="quiet">${run.finishedAt}</span></dd></div>`}
<div><dt>Configuration</dt><dd>version ${run.configVersion}</dd></div>
<div><dt>Triggers</dt><dd>${run.triggers.length > 5 ? counted(run.triggers.length, 'trigger') : html`${run.triggers.map((id, index) => html`${index > 0 && ', '}<code>${id}</code>`)}`}</dd></div>
</dl>`;
  return page({
    title: `Run ${run.run}`,
    section: 'sources',
    main,
    refresh: run.outcome === 'running' ? 2 : undefined,
  });
}

/** What changes while it goes on. */
export const runPart = (run: RunReport, ui: TemporalUi | null): Promise<Polled> =>
  polled({
    id: 'run',
    address: sourceAddress(run.integration, 'runs', run.run),
    every: run.outcome === 'running' ? 1 : 30,
    said: runWords(run),
    content: runDetail(run, ui),
  });
