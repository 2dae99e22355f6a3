import { describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import { octokitExamples } from '../../examples/github-server/octokit-examples.ts';
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
  ] as [string, RawRecord, EventChange][])('6.3 %s %o', (event, payload, change) => {
    expect(changesOf(event, payload)).toEqual([change]);
  });

  it.each([
    ['push', { repository }, 'the event push tells of no record that is read'],
    ['constructor', {}, 'the event constructor tells of no record that is read'],
    ['repository', { action: 'created' }, 'the event repository holds no repository'],
    ['repository', { repository: [] }, 'the event repository holds no repository'],
    ['pull_request', { pull_request: {} }, 'the pull_request of the event pull_request has neither node_id nor id'],
  ])('%s %o is ignored, and why', (event, payload, why) => {
    expect(changesOf(event, payload as RawRecord)).toBe(why);
  });

  it("6.3 GitHub's 329 examples: each names its record as a listing does, or says why it is about none", async () => {
    const store = octokitExamples();
    const server = await serve({ store });
    const organizations = store.organizations().map(({ login }) => String(login));
    const reader = createGitHubSource(quick(server));
    const listed = new Set<string>();
    const selectors = { organization: {}, repository: {}, 'pull-request': { state: 'all' } };
    for (const [kind, selector] of Object.entries(selectors)) {
      for (const { rows } of await listAll(reader, kind, { organizations, ...selector })) {
        for (const row of rows) listed.add(JSON.stringify([kind, reader.identify(kind, row)]));
      }
    }
    const examples = exampleEvents();
    expect(examples).toHaveLength(329);
    const told = examples.flatMap(({ event, payload }) => {
      const changes = changesOf(event, payload);
      if (typeof changes === 'string') {
        expect(changes).toMatch(/^the event \w+ tells of no record that is read$/);
        return [];
      }
      return changes;
    });
    expect(told).toHaveLength(5 + 13 + 3 + 3 + 29 + 4 + 5 + 3);
    const unlisted = told
      .map(({ kind, key, locator }) => JSON.stringify([kind, { key, locator }]))
      .filter((name) => !listed.has(name));
    expect([...new Set(unlisted)]).toEqual([]);
  });
});
