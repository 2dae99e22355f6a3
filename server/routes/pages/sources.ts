import type { IntegrationStatus, TidemarkClient, WaitingTrigger } from '../../../client/client.ts';
import { NotFoundError } from '../../../domain/errors.ts';
import { sourceAddress, withQuery } from '../../pages/addresses.ts';
import { integrationPage, type Overview, overviewPart } from '../../pages/integration.ts';
import { integrationList, integrationsPage } from '../../pages/integrations.ts';
import { answerPolled, isPartial } from '../../pages/polled.ts';
import { runPage, runPart } from '../../pages/single-run.ts';
import type { App, ServerParts } from '../../parts.ts';
import { fieldsOf } from './form.ts';
import { troubleOf } from './trouble.ts';

const RECENT = 10;

/** The list of integrations, the page of each, its runs, and the button that resyncs it. */
export function addSourcePages(app: App, parts: ServerParts): void {
  const { client, temporalUi: ui } = parts;

  app.get('/', async (c) => {
    const integrations = await client.status();
    const list = { integrations, search: c.req.query('search') ?? '', trouble: await troubleOf(client) };
    return isPartial(c) ? answerPolled(c, await integrationList(list)) : c.html(await integrationsPage(list));
  });

  app.get('/sources/:id', async (c) => {
    const id = c.req.param('id');
    const overview = await overviewOf(parts, id, c.req.query('trigger'));
    if (isPartial(c)) return answerPolled(c, await overviewPart(overview));
    return c.html(await integrationPage(overview, await client.configuration(id)));
  });

  app.post('/sources/:id/resync', async (c) => {
    const id = c.req.param('id');
    const { kind, since } = await fieldsOf(c);
    const scope = { kinds: kind ? [kind] : undefined, since: since || undefined };
    const trigger = await client.resync(id, { ...scope, origin: c.get('origin') });
    if (isPartial(c)) return answerPolled(c, await overviewPart(await overviewOf(parts, id, trigger)));
    return c.redirect(withQuery(sourceAddress(id), { trigger }), 303);
  });

  app.get('/sources/:id/runs/:run', async (c) => {
    const { id, run: name } = c.req.param();
    const run = await client.run(id, name);
    if (run.outcome === 'waiting') return c.redirect(withQuery(sourceAddress(id), { trigger: name }), 303);
    return isPartial(c) ? answerPolled(c, await runPart(run, ui)) : c.html(await runPage(run, ui));
  });
}

async function overviewOf(
  { client, temporalUi: ui }: Pick<ServerParts, 'client' | 'temporalUi'>,
  id: string,
  trigger: string | undefined,
): Promise<Overview> {
  const [status] = await client.status(id);
  const waiting = trigger ? await waitingTrigger(client, id, trigger) : null;
  const runs = await client.runs(id, RECENT);
  return { status: status as IntegrationStatus, runs, waiting, trouble: await troubleOf(client), ui };
}

/** The trigger while no run covers it. An address may be kept longer than what it names. */
async function waitingTrigger(client: TidemarkClient, id: string, trigger: string): Promise<WaitingTrigger | null> {
  try {
    const found = await client.run(id, trigger);
    return found.outcome === 'waiting' ? found : null;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}
