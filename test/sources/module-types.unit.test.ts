import { describe, expect, it } from 'vitest';
import { defineIntegration, type TidemarkClient, z } from '../../index.ts';

class GitHubClient {
  readonly options: { readonly baseUrl: string; readonly accessToken?: string | undefined };
  constructor(options: GitHubClient['options']) {
    this.options = options;
  }
  async *repositories(_names: readonly string[], _type: string, _at: { after: string | null; signal: AbortSignal }) {
    yield { rows: [{ node_id: 'R_1' }], next: 'cursor' as string | null };
  }
  async repositoryById(key: string): Promise<object | null> {
    return { key };
  }
}

/** What is wrong here, `npm run types` says. */
describe('the types of the SDK', () => {
  it('the program of the interface, word for word', () => {
    const definition = defineIntegration('acme', ({ config }) => ({
      github: new GitHubClient({
        baseUrl: config.get('baseUrl', 'https://api.github.com'),
        accessToken: config.get('accessToken'),
      }),
    }))
      .onResync(
        'repository',
        { recordKey: 'node_id' },
        async function* ({ github, selector, kind, event, signal, cursor, log }) {
          log.info(`${kind} ${event.runId} ${event.trigger.origin} ${event.resourceConfig.kind}`);
          for await (const page of github.repositories(selector.organizations, selector.type, {
            after: cursor,
            signal,
          }))
            yield { rows: page.rows, cursor: page.next };
        },
      )
      .onResync(async ({ kind }) => (kind === 'other' ? [{ kind }] : []))
      .lookup('repository', async ({ github, key }) => github.repositoryById(key))
      .onResyncStart(async ({ runId }) => void runId)
      .onResyncComplete(({ github }) => github.options.baseUrl)
      .onWebhook('repository', async ({ payload, sync }) => sync.registerRaw('repository', [payload.repository]))
      .route('post', '/my-custom-resync', async ({ client }) => client.syncRawAll());
    expect(definition.listeners.map(({ kind }) => kind)).toEqual(['repository', null]);
  });

  it('7.7 S2.14 syncResolve is given the vector, and may answer with words of a policy', () => {
    const acme = defineIntegration('acme').syncResolve(({ local, incoming, method, raw }) => {
      if (method === 'create' || raw === null) return { strategy: 'create' };
      return { resolution: { title: local?.title === incoming.title ? 'this' : 'newer' }, defaultResolution: 'other' };
    });
    acme.syncResolve('repository', async () => {});
    // @ts-expect-error: no such word
    acme.syncResolve(() => ({ resolution: 'mine' }));
    // @ts-expect-error: no such part of the vector
    acme.syncResolve(({ remote }) => remote);
    expect([...acme.resolvers.keys()]).toEqual([null, 'repository']);
  });

  it('what the set-up makes is typed in every listener', () => {
    const acme = defineIntegration('acme', () => ({ github: new GitHubClient({ baseUrl: '' }) }));
    acme.onResync('repository', ({ github }) => {
      const typed: GitHubClient = github;
      // @ts-expect-error: the client has no such method
      typed.nothing?.();
      return [];
    });
    // @ts-expect-error: the set-up makes no `gitlab`
    acme.onResync('repository', ({ gitlab }) => [gitlab]);
    // @ts-expect-error: nor for hooks
    acme.onResyncStart(({ gitlab }) => gitlab);
    // @ts-expect-error: a listener without a set-up is given no `github`
    defineIntegration('plain').onResync(({ github }) => [github]);
    expect(acme.listeners).toHaveLength(2);
  });

  it('a selector is typed by its schema', () => {
    const selector = z.strictObject({
      organizations: z.array(z.string()),
      state: z.enum(['open', 'closed']).optional(),
    });
    const acme = defineIntegration('acme')
      .onResync('typed', { selector }, ({ selector: { organizations, state } }) => {
        const names: readonly string[] = organizations;
        const one: 'open' | 'closed' | undefined = state;
        return names.map((name) => ({ name, one }));
      })
      // @ts-expect-error: the schema has no `type`
      .onResync('typed', { selector }, ({ selector: { type } }) => [type])
      // @ts-expect-error: organizations are a list of texts
      .onResync('typed', { selector }, ({ selector: { organizations } }) => [organizations.toFixed()]);
    expect(acme.listeners).toHaveLength(3);
  });

  it('what is no list of objects is not taken', () => {
    const acme = defineIntegration('acme')
      // @ts-expect-error: a list of texts
      .onResync('a', () => ['text'])
      // @ts-expect-error: not a list
      .onResync('b', async () => ({ id: 1 }))
      // @ts-expect-error: pages are lists
      .onResync('c', async function* () {
        yield { id: 1 };
      })
      // @ts-expect-error: a cursor is a text
      .onResync('d', async function* () {
        yield { rows: [], cursor: 1 };
      })
      // @ts-expect-error: there is no such method of HTTP
      .route('fetch', '/x', () => null);
    expect(acme.listeners).toHaveLength(4);
  });

  it('settings have the type of their default', () => {
    defineIntegration('acme', ({ config }) => {
      const url: string = config.get('baseUrl', 'https://acme.example');
      const size: number = config.get('pageSize', 100);
      const names: string[] = config.get<string[]>('names', []);
      // @ts-expect-error: it may not be set
      const token: string = config.get<string>('accessToken');
      // @ts-expect-error: what it is must be said
      token.concat(config.get('other'));
      return { url, size, names };
    });
    // Checked by tsc alone: what a client is asked from a program.
    const typed = (client: TidemarkClient) => client.registerRaw('acme', 'thing', [{ id: 1 }], { origin: 'sdk' });
    expect(typed).toBeTypeOf('function');
  });
});
