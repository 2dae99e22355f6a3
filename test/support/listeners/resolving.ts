import { defineIntegration } from 'tidemark';
import { RowsClient } from './rows-client.ts';

/** Decides by code: what a person wrote stays, records called `skip` are left alone, `odd` ones throw. */
export default defineIntegration('test-resolving', ({ config }) => ({
  source: new RowsClient(config.get('baseUrl', ''), config.get('name', '')),
}))
  .onResync('decided', { recordKey: 'id' }, ({ source, signal }) => source.all('decided', signal))
  .onResync('plain', { recordKey: 'id' }, ({ source, signal }) => source.all('plain', signal))
  .syncResolve('decided', ({ local, incoming, raw }) => {
    if (raw?.decide === 'throw') throw new Error('cannot decide');
    if (raw?.decide === 'skip') return { strategy: [] };
    return { resolution: local?.title === incoming.title || raw?.decide !== 'other' ? 'this' : 'other' };
  });
