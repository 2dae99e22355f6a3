import { sourceAddress, withQuery } from '../../pages/addresses.ts';
import { quarantinePage } from '../../pages/quarantine.ts';
import type { App, ServerParts } from '../../parts.ts';

/** Raw records may be large. */
const MOST = 50;

/** Rejected records, and the button that maps them anew. */
export function addQuarantinePages(app: App, { client }: ServerParts): void {
  app.get('/sources/:id/quarantine', async (c) => {
    const integration = c.req.param('id');
    const records = await client.quarantine(integration, MOST);
    const [status] = await client.status(integration);
    const total = Math.max(status?.quarantined ?? 0, records.length);
    return c.html(await quarantinePage({ integration, records, total }));
  });

  app.post('/sources/:id/quarantine/retry', async (c) => {
    const id = c.req.param('id');
    const trigger = await client.retryQuarantine(id, { origin: c.get('origin') });
    return c.redirect(withQuery(sourceAddress(id), { trigger }), 303);
  });
}
