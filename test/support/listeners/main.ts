import { defineIntegration } from 'tidemark';
import { RowsClient } from './rows-client.ts';

/** Listeners of every form, over test/support/listener-source.ts. */
export default defineIntegration('test-listeners', ({ config }) => ({
  source: new RowsClient(config.get('baseUrl', ''), config.get('name', '')),
}))
  .onResyncStart(async ({ source, runId, trigger, config }) => {
    await source.say(`first start ${runId} by ${trigger.origin}`);
    if (config.get('refuse')) throw new Error('not today');
  })
  .onResyncStart(({ source, runId }) => source.say(`second start ${runId}`))
  .onResyncComplete(async ({ source, runId, config }) => {
    await source.say(`first complete ${runId}`);
    if (config.get('failComplete')) throw new Error('nobody home');
  })
  .onResyncComplete(({ source, runId }) => source.say(`second complete ${runId}`))
  .onResync('listed', { recordKey: 'id' }, async ({ source, signal }) => {
    const rows = [];
    for await (const page of source.pages('listed', { from: 0, signal })) rows.push(...page.rows);
    return rows;
  })
  .onResync('paged', { recordKey: 'id' }, async function* ({ source, signal, event }) {
    signal.addEventListener('abort', () => void source.say(`abort ${event.runId}`));
    try {
      for await (const { rows } of source.pages('paged', { from: 0, signal })) yield rows;
    } finally {
      await source.say(`finally ${event.runId}`);
    }
  })
  .onResync('cursored', { recordKey: 'id' }, async function* ({ source, signal, cursor }) {
    for await (const { rows, next } of source.pages('cursored', { from: Number(cursor ?? 0), signal })) {
      yield { rows, cursor: next === null ? null : String(next) };
    }
  })
  .onResync('keyed', { recordKey: ({ id }) => id }, async function* ({ source, signal }) {
    for await (const { rows } of source.pages('keyed', { from: 0, signal })) yield rows;
  })
  .lookup('keyed', async ({ source, key }) => {
    await source.say(`lookup ${key}`);
    return source.record('keyed', key);
  })
  .onWebhook('renamed', async ({ payload, sync }) => sync.registerRaw('keyed', [payload.row]))
  .onWebhook('mixed', async ({ payload, sync }) => {
    sync.updateRawDiff('keyed', { before: payload.before, after: payload.after });
    if (payload.kind) sync.unregisterRaw(payload.kind, [payload.gone]);
  })
  .route('post', '/my-custom-resync', async ({ client }) => client.syncRawAll());
