import { defineIntegration } from 'tidemark';

declare class GitHubClient {
  repositories(
    organizations: readonly string[],
    type: string,
    options: { readonly after: string | null; readonly signal: AbortSignal },
  ): AsyncIterable<{ readonly rows: object[]; readonly next: string | null }>;
  repositoryById(id: string): Promise<object | null>;
  ping(): Promise<void>;
}

declare const github: GitHubClient;

export default defineIntegration('acme', () => ({ github }))
  .onResync('repository', { recordKey: 'node_id' }, async function* ({ github, selector, signal, cursor }) {
    for await (const page of github.repositories(selector.organizations, selector.type, { after: cursor, signal })) {
      yield { rows: page.rows, cursor: page.next };
    }
  })
  .lookup('repository', async ({ github, key }) => github.repositoryById(key))
  .syncResolve('repository', ({ local }) => (local?.properties.locked ? { resolution: 'this' } : undefined))
  .onResyncStart(async ({ github }) => github.ping())
  .onResyncComplete(async ({ runId, log }) => log.info(`${runId} is complete`))
  .onWebhook('repository', async ({ payload, sync }) => sync.registerRaw('repository', [payload.repository]))
  .route('post', '/my-custom-resync', async ({ client }) => client.syncRawAll());
