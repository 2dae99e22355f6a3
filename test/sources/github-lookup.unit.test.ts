import { describe, expect, it } from 'vitest';
import { SourceError } from '../../domain/errors.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { Answer } from '../../examples/github-server/answers.ts';
import type { GitHubServerOptions } from '../../examples/github-server/server.ts';
import type { GitHubStore } from '../../examples/github-server/store.ts';
import { createGitHubSource, githubSource } from '../../sources/github/source.ts';
import { errorOf, quick, recordingLog, serve, storeOf } from './support.ts';

const source = githubSource.create({});

describe('identity', () => {
  it.each<[string, RawRecord, string | null, string | null]>([
    ['organization', { node_id: 'O_1', id: 1, login: 'acme' }, 'O_1', '/orgs/acme'],
    ['organization', { id: 1, name: 'acme', username: 'acme' }, 'organization:1', '/orgs/acme'],
    ['repository', { node_id: 'R_1', id: 7, full_name: 'acme/web' }, 'R_1', '/repositories/7'],
    ['repository', { id: 7, full_name: 'acme/web' }, 'repository:7', '/repositories/7'],
    ['repository', { node_id: '', id: 0 }, 'repository:0', '/repositories/0'],
    ['repository', { full_name: 'acme/web' }, null, null],
    ['repository', { id: { a: 1 } }, null, null],
    [
      'pull-request',
      { node_id: 'PR_1', number: 3, base: { repo: { full_name: 'acme/.github' } } },
      'PR_1',
      '/repos/acme/.github/pulls/3',
    ],
    [
      'pull-request',
      { id: 5, number: 3, base: { repo: { full_name: 'a b/c?d' } } },
      'pull-request:5',
      '/repos/a%20b/c%3Fd/pulls/3',
    ],
    ['pull-request', { id: 5, number: 3, base: { repo: { full_name: 'acme/..' } } }, 'pull-request:5', null],
    ['pull-request', { id: 5, number: 3, base: { repo: null } }, 'pull-request:5', null],
    ['pull-request', { id: 5, number: 3 }, 'pull-request:5', null],
    ['organization', { id: 5, login: 'a\ud800' }, 'organization:5', null],
  ])('%s %j', (kind, record, key, locator) => {
    expect(source.identify(kind, record)).toEqual({ key, locator });
  });
});

async function lookupIn(store: GitHubStore, options: Partial<GitHubServerOptions> = {}) {
  const server = await serve({ store, ...options });
  const found = createGitHubSource(quick(server));
  return (kind: string, record: RawRecord) => {
    const { key, locator } = found.identify(kind, record);
    if (key === null || locator === null) throw new Error('no identity');
    const signal = new AbortController().signal;
    return found.lookup({ kind, key, locator, signal, log: recordingLog() });
  };
}

function firstOf(store: GitHubStore): readonly (readonly [string, RawRecord])[] {
  const [organization] = store.organizations();
  const [repository] = store.repositories();
  const [pull] = store.pullRequests();
  if (organization === undefined || repository === undefined || pull === undefined) throw new Error('no records');
  return [
    ['organization', organization],
    ['repository', repository],
    ['pull-request', pull],
  ];
}

describe('lookup', () => {
  it('an answer without the key that the record was known by proves nothing: the record does not count as gone', async () => {
    const store = storeOf({ acme: [1] });
    const alter = (answer: Answer): Answer => {
      const { node_id: _, ...rest } = JSON.parse(answer.body.toString());
      return { ...answer, body: JSON.stringify(rest) };
    };
    const lookup = await lookupIn(store, { intercept: () => ({ fault: 'alter', alter }) });
    for (const [kind, record] of firstOf(store))
      await expect(lookup(kind, record)).rejects.toThrow(/without the record's key/);
  });

  it('finds every kind of record as it is now', async () => {
    const store = storeOf({ acme: [1] });
    const lookup = await lookupIn(store);
    for (const [kind, record] of firstOf(store)) expect(await lookup(kind, record)).toEqual(record);
  });

  it('3.2 a record that is gone is null', async () => {
    const store = storeOf({ acme: [1] });
    const lookup = await lookupIn(store);
    const records = firstOf(store);
    store.removeOrganization('acme');
    store.removeRepository('acme/svc-000000');
    for (const [kind, record] of records) expect(await lookup(kind, record)).toBeNull();
  });

  it('3.2 so is one whose address answers 410', async () => {
    const store = storeOf({ acme: [1] });
    const lookup = await lookupIn(store, { intercept: () => ({ fault: 'answer', status: 410 }) });
    for (const [kind, record] of firstOf(store)) expect(await lookup(kind, record)).toBeNull();
  });

  it('and one whose place another record has taken', async () => {
    const store = storeOf({ acme: [1] });
    const lookup = await lookupIn(store);
    const records = firstOf(store);
    for (const [kind, record] of records) {
      const other = { ...record, node_id: 'another' };
      if (kind === 'organization') store.putOrganization(other);
      else if (kind === 'repository') store.putRepository(other);
      else store.putPullRequest(other);
    }
    for (const [kind, record] of records) expect(await lookup(kind, record)).toBeNull();
  });

  it('a repository that was renamed is found, with its pull requests', async () => {
    const store = storeOf({ acme: [1] });
    const lookup = await lookupIn(store);
    const records = firstOf(store);
    const [, [, repository] = ['', {}]] = records;
    store.putRepository({ ...repository, name: 'renamed', full_name: 'acme/renamed' });
    for (const [kind, record] of records.slice(1)) {
      expect(await lookup(kind, record)).toHaveProperty('node_id', record.node_id);
    }
  });

  it.each([401, 403, 500])('%i is an error and not "gone"', async (status) => {
    const store = storeOf({ acme: [1] });
    const lookup = await lookupIn(store, { intercept: () => ({ fault: 'answer', status }) });
    for (const [kind, record] of firstOf(store)) {
      expect(await errorOf(lookup(kind, record))).toBeInstanceOf(SourceError);
    }
  });
});

describe('6.5 a record that comes by itself is held against the selector', () => {
  const repository = { full_name: 'acme/web', private: true, fork: false, owner: { login: 'Acme' } };
  const pull = { state: 'closed', base: { repo: repository } };

  it.each<[string, RawRecord, Record<string, unknown>, boolean]>([
    ['organization', { login: 'acme' }, { organizations: ['ACME'] }, true],
    ['organization', { name: 'acme' }, { organizations: ['acme'] }, true],
    ['organization', { login: 'other' }, { organizations: ['acme'] }, false],
    ['repository', repository, { organizations: ['acme'] }, true],
    ['repository', repository, { organizations: ['acme'], type: 'private' }, true],
    ['repository', repository, { organizations: ['acme'], type: 'public' }, false],
    ['repository', repository, { organizations: ['acme'], type: 'sources' }, true],
    ['repository', repository, { organizations: ['acme'], type: 'forks' }, false],
    ['repository', repository, { organizations: ['acme'], type: 'member' }, true],
    ['repository', repository, { organizations: ['other'] }, false],
    ['repository', {}, { organizations: ['acme'] }, false],
    ['pull-request', pull, { organizations: ['acme'], state: 'all' }, true],
    ['pull-request', pull, { organizations: ['acme'], state: 'closed' }, true],
    ['pull-request', pull, { organizations: ['acme'] }, false],
    ['pull-request', pull, { organizations: ['acme'], state: 'all', type: 'public' }, false],
    ['pull-request', pull, { organizations: ['other'], state: 'all' }, false],
    ['pull-request', { state: 'open' }, { organizations: ['acme'] }, false],
  ])('%s %j under %j: %s', (kind, record, selector, expected) => {
    expect(source.admits?.(kind, selector, record)).toBe(expected);
  });
});
