import { defineIntegration } from 'tidemark';
import { RowsClient } from './rows-client.ts';

/** A listener of one kind and one of every kind. */
export default defineIntegration('generic-listeners', ({ config }) => ({
  source: new RowsClient(config.get('baseUrl', ''), config.get('name', '')),
}))
  .onResync('special', { recordKey: 'id' }, async ({ source, kind, signal }) => {
    await source.say(`special listener: ${kind}`);
    return source.all('special', signal);
  })
  .onResync(async ({ source, kind, signal }) => {
    await source.say(`generic listener: ${kind}`);
    return kind === 'special' ? source.all('extra', signal) : source.all(kind, signal);
  });
