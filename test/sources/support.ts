import { onTestFinished } from 'vitest';
import {
  issueRecord,
  organizationRecord,
  pullRequestRecord,
  repositoryRecord,
} from '../../examples/github-server/record-shapes.ts';
import {
  createGitHubServer,
  type GitHubServer,
  type GitHubServerOptions,
} from '../../examples/github-server/server.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import { GitHubClient, type GitHubClientOptions } from '../../sources/github/client.ts';
import type { ListRequest, Page, Source, SourceLog } from '../../sources/source.ts';

/** A server that ends with the test. */
export async function serve(options: Partial<GitHubServerOptions> = {}): Promise<GitHubServer> {
  const server = await createGitHubServer({ store: new GitHubStore(), ...options });
  onTestFinished(() => server.close());
  return server;
}

/** A client whose pauses are too short to notice. */
export function quick(server: Pick<GitHubServer, 'url'>, options: GitHubClientOptions = {}): GitHubClient {
  return new GitHubClient({ baseUrl: server.url, retryDelay: 2, ...options });
}

/** Repositories of an organization and the pull requests of each: `{ acme: [3, 0, 1] }` has three repositories. */
export function storeOf(organizations: Readonly<Record<string, readonly number[]>>): GitHubStore {
  const store = new GitHubStore();
  let repositories = 0;
  let pulls = 0;
  for (const [owner, counts] of Object.entries(organizations)) {
    store.putOrganization(organizationRecord(owner, store.organizations().length));
    for (const count of counts) {
      const record = repositoryRecord({ seed: 1, index: repositories++, revision: 0, owner });
      const repository = { id: Number(record.id), name: String(record.name) };
      store.putRepository({ ...record, private: false, fork: false });
      for (let number = 1; number <= count; number++) {
        const pull = pullRequestRecord({ seed: 1, index: pulls++, revision: 0, owner, repository, number });
        store.putPullRequest({ ...pull, state: 'open' });
      }
    }
  }
  return store;
}

/** Adds as many issues to each repository, all open and unchanged since 2025-03-11T09:00:00Z. */
export function withIssues(store: GitHubStore, count: number): GitHubStore {
  for (const { id, name, full_name } of store.repositories()) {
    const [owner = ''] = String(full_name).split('/');
    const repository = { id: Number(id), name: String(name) };
    const pulls = store.pullRequestsOf(String(full_name)).length;
    for (let number = pulls + 1; number <= pulls + count; number++) {
      const index = store.issues().length;
      store.putIssue({
        ...issueRecord({ seed: 1, index, revision: 0, owner, repository, number }),
        state: 'open',
        closed_at: null,
      });
    }
  }
  return store;
}

export function recordingLog(): SourceLog & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, info: (line) => lines.push(line), warn: (line) => lines.push(line) };
}

export function listRequest(request: Partial<ListRequest> & Pick<ListRequest, 'kind' | 'selector'>): ListRequest {
  const run = { id: 'acme.1', trigger: 'sdk', startedAt: '2026-01-01T00:00:00.000Z' } as const;
  return { cursor: null, since: null, run, signal: new AbortController().signal, log: recordingLog(), ...request };
}

export function listAll(source: Source, kind: string, selector: ListRequest['selector']): Promise<Page[]> {
  return collect(source.list(listRequest({ kind, selector })));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function keys(pages: readonly Page[], field = 'id'): unknown[] {
  return pages.flatMap(({ rows }) => rows.map((row) => row[field]));
}

export function sizes(pages: readonly Page[]): number[] {
  return pages.map(({ rows }) => rows.length);
}

/** The error a promise rejects with; fails when it does not. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error(`Expected an error, got ${String(outcome)}`);
}
