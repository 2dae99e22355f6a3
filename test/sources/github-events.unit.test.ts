import { describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import { at, GitHubStore } from '../../examples/github-server/store.ts';
import { isItemKind, items } from '../../sources/github/items.ts';
import { createGitHubSource } from '../../sources/github/source.ts';
import type { EventChange } from '../../sources/source.ts';
import { exampleEvents } from '../support/github-deliveries.ts';
import { listAll, quick, serve } from './support.ts';

const source = createGitHubSource(quick({ url: 'http://127.0.0.1:9' }));
const changesOf = (event: string, payload: RawRecord) => source.events?.changes(event, payload) ?? 'no events';

const repository = { id: 7, node_id: 'R_7', full_name: 'acme/site', owner: { login: 'acme' } };
const repositoryChange = { kind: 'repository', key: 'R_7', locator: '/repositories/7', record: repository };
const pull = { id: 9, node_id: 'PR_9', number: 3, state: 'open', base: { repo: repository } };
const pullChange = { kind: 'pull-request', key: 'PR_9', locator: '/repos/acme/site/pulls/3', record: pull };
const issue = { id: 11, node_id: 'I_11', number: 4, state: 'open' };
const issueChange = {
  kind: 'issue',
  key: 'I_11',
  locator: '/repos/acme/site/issues/4',
  record: { ...issue, repository },
};
const organization = { id: 5, node_id: 'O_5', login: 'acme' };
const organizationChange = { kind: 'organization', key: 'O_5', locator: '/orgs/acme', record: organization };

describe('what an event of GitHub is about', () => {
  it.each([
    ...['created', 'edited', 'archived', 'unarchived', 'renamed', 'transferred', 'privatized', 'publicized'].map(
      (action): [string, RawRecord, EventChange] => ['repository', { action, repository }, repositoryChange],
    ),
    ['repository', { action: 'deleted', repository }, { ...repositoryChange, record: null }],
    ['public', { repository }, repositoryChange],
    ['fork', { forkee: repository, repository: { ...repository, node_id: 'R_1', id: 1 } }, repositoryChange],
    ...['renamed', 'member_added', 'member_removed', 'member_invited'].map(
      (action): [string, RawRecord, EventChange] => ['organization', { action, organization }, organizationChange],
    ),
    ['organization', { action: 'deleted', organization }, { ...organizationChange, record: null }],
    ...['opened', 'closed', 'synchronize', 'labeled', 'some_new_action'].map(
      (action): [string, RawRecord, EventChange] => ['pull_request', { action, pull_request: pull }, pullChange],
    ),
    ['pull_request_review', { action: 'submitted', pull_request: pull }, pullChange],
    // The comment is deleted, not the pull request.
    ['pull_request_review_comment', { action: 'deleted', pull_request: pull }, pullChange],
    ['pull_request_review_thread', { action: 'resolved', pull_request: pull }, pullChange],
    ['issues', { action: 'opened', issue, repository }, issueChange],
    ['issues', { action: 'deleted', issue, repository }, { ...issueChange, record: null }],
    ['issue_comment', { action: 'deleted', issue, repository }, issueChange],
  ] as [string, RawRecord, EventChange][])('6.3 %s %o', (event, payload, change) => {
    expect(changesOf(event, payload)).toEqual([change]);
  });

  it.each([
    ['push', { repository }, 'the event push tells of no record that is read'],
    ['constructor', {}, 'the event constructor tells of no record that is read'],
    ['repository', { action: 'created' }, 'the event repository holds no repository'],
    ['repository', { repository: [] }, 'the event repository holds no repository'],
    ['issues', { issue }, 'the event issues holds no issue with its repository'],
    [
      'issues',
      { issue: { ...issue, repository_url: 'https://api.github.com/repos/acme/other' }, repository },
      'the event issues holds no issue with its repository',
    ],
    [
      'issues',
      { issue: { ...issue, pull_request: {} }, repository },
      'the issue of the event issues is a pull request, which has events of its own',
    ],
    ['pull_request', { pull_request: {} }, 'the pull_request of the event pull_request has neither node_id nor id'],
  ])('%s %o is ignored, and why', (event, payload, why) => {
    expect(changesOf(event, payload as RawRecord)).toBe(why);
  });

  it("6.3 GitHub's 329 examples: each is about one record, or says why it is about none", () => {
    const examples = exampleEvents();
    expect(examples).toHaveLength(329);
    const told = examples.map(({ event, payload }) => changesOf(event, payload));
    const ignored = told.filter((changes) => typeof changes === 'string');
    const reasons = new Set(ignored.map((why) => why.replace(/event \w+/, 'event …')));
    expect([...reasons].sort()).toEqual([
      'the event … holds no issue with its repository',
      'the event … tells of no record that is read',
      'the issue of the event … is a pull request, which has events of its own',
    ]);
    expect(told.length - ignored.length).toBe(5 + 13 + 3 + 3 + 29 + 4 + 5 + 3 + (29 - 4 - 1) + 9);
  });

  it.each(distinctChanges())(
    '6.3 a listing knows $kind $locator of the examples by the same key and path',
    async (change) => {
      const { kind, key, locator, record } = change;
      const server = await serve({ store: storeWith(kind, record) });
      const reader = createGitHubSource(quick(server));
      const selector = { organizations: [ownerOf(kind, record)], ...(isItemKind(kind) ? { state: 'all' } : {}) };
      const [row] = (await listAll(reader, kind, selector)).flatMap(({ rows }) => rows);
      expect(row && reader.identify(kind, row)).toEqual({ key, locator });
    },
  );
});

type Told = EventChange & { readonly record: RawRecord };

/** What the examples are about, each record once. */
function distinctChanges(): Told[] {
  const changes = exampleEvents().flatMap(({ event, payload }): readonly Told[] => {
    const told = changesOf(event, payload);
    return typeof told === 'string' ? [] : (told as Told[]);
  });
  return [...new Map(changes.map((change) => [`${change.key} ${change.locator}`, change])).values()];
}

function ownerOf(kind: string, record: RawRecord): string {
  if (kind === 'organization') return String(record.login);
  const repository = isItemKind(kind) ? items[kind].repositoryOf(record) : record;
  return String(at(repository, 'owner', 'login'));
}

/** A store in which an organization has just this record. */
function storeWith(kind: string, record: RawRecord): GitHubStore {
  const store = new GitHubStore();
  store.putOrganization(kind === 'organization' ? record : { login: ownerOf(kind, record), id: 1, node_id: 'O_1' });
  if (kind === 'repository') store.putRepository(record);
  if (isItemKind(kind)) store.putRepository(items[kind].repositoryOf(record) as RawRecord);
  if (kind === 'pull-request') store.putPullRequest(record);
  if (kind === 'issue') store.putIssue(record);
  return store;
}
