import { defineIntegration } from 'tidemark';

// Listeners return the raw records of a kind. What becomes of them, and what else a module can do, is said in Tidemark's
// docs/listeners.md. A setting of `source:` in tidemark.yaml is `config.get('name')`.
export default defineIntegration('my-integration').onResync('thing', { recordKey: 'id' }, async ({ log }) => {
  log.info('Retrieving things');
  // Ask your system in place of this list.
  return [
    { id: '1', name: 'The first thing', tags: ['example'] },
    { id: '2', name: 'The second thing', tags: [] },
  ];
});
