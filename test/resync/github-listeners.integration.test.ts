import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import { variablePrefix } from '../../config/settings.ts';
import { type GeneratedSizes, generated } from '../../examples/github-server/generated.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { kindOf, Rig } from '../support/rig.ts';

const EXAMPLE = 'examples/github-listeners';
const SIZES = { organizations: 1, repositories: 240, pullRequests: 30, repositoriesWithPulls: 2 };
const BOTH = '[org-0, org-pulls]';

/** The example of docs/listeners.md, its own configuration, against a server with GitHub's routes. */
describe('the example of listeners', () => {
  let rig: Rig;
  afterEach(() => rig?.close());

  /** `edit` changes the example's configuration as a user would. */
  async function start(edit: (text: string) => string = (text) => text, sizes: GeneratedSizes = SIZES) {
    const source = generated(sizes);
    rig = await Rig.start({ store: source.store, organizations: ['none'], worker: false });
    const text = edit(readFileSync(`${EXAMPLE}/tidemark.yaml`, 'utf8'))
      .replace('  github-listeners:\n', `  ${rig.integration}:\n`)
      .replaceAll('[octokit]', BOTH)
      .replace('./main.ts', `./${EXAMPLE}/main.ts`);
    // S3.7: the address comes from the environment of each process, and the file says nothing of it.
    const env = { [`${variablePrefix(rig.integration)}BASE_URL`]: rig.server.url };
    const configuration = loadConfiguration({ file: 'test.yaml', text }, configurationContext(env));
    await rig.client.importConfiguration(configuration);
    await rig.startWorker(env);
    return source;
  }

  const asked = (route: string) => rig.server.requests.filter((request) => request.route === route);

  it('S3.1 S3.10 S3.12 S3.17 S3.18 S3.21 S3.23 S3.25 S3.26 S3.28 S3.29 reads organizations, repositories and pull requests, mapped as it comes', async () => {
    const { store } = await start((text) => text.replace('state: all', 'state: closed'));
    const pulls = store.pullRequests().filter(({ state }) => state === 'closed');
    const shown = store.repositories().filter((repository) => repository.private !== true);
    const run = await rig.resync();
    expect(run).toMatchObject({ outcome: 'complete', reason: null });
    expect(kindOf(run, 'organization')).toMatchObject({ read: 2, created: 2 });
    expect(kindOf(run, 'repository')).toMatchObject({ read: shown.length, created: shown.length });
    expect(kindOf(run, 'pull-request')).toMatchObject({ read: pulls.length, created: pulls.length });
    expect([pulls.length > 0, pulls.length < 30]).toEqual([true, true]);
    const entities = await rig.entities();
    expect(entities.size).toBe(2 + shown.length + pulls.length);
    const [pull] = [...entities.values()].filter(({ blueprint }) => blueprint === 'githubPullRequest');
    // S3.24: pull requests point to entities that are there.
    expect(pull?.properties.state).toBe('closed');
    expect(entities.has(`githubRepository/${pull?.relations.repository}`)).toBe(true);
    const [repository] = [...entities.values()].filter(({ blueprint }) => blueprint === 'githubRepository');
    expect(entities.has(`githubOrganization/${repository?.relations.organization}`)).toBe(true);
    expect(kindOf(await rig.resync(), 'repository')).toMatchObject({ unchanged: shown.length, created: 0 });
  });

  it('S3.6 S3.15 S3.22 asks only for the organizations that are configured, page by page, without a token', async () => {
    await start((text) => text.replaceAll('[octokit]', '[org-0]').replace('type: public', 'type: all'));
    expect((await rig.resync()).outcome).toBe('complete');
    expect(new Set(asked('organization').map(({ params }) => params.organization))).toEqual(new Set(['org-0']));
    const lists = asked('repositories').filter(({ query }) => query.type === 'all');
    // Later pages are asked for where the header `Link` leads.
    const first = lists.filter(({ page }) => page === 1);
    expect(first.map(({ params }) => params.organization)).toEqual(['org-0', 'org-0']);
    // Once for repositories, once to ask each for its pull requests.
    expect(lists.map(({ page }) => page).sort()).toEqual([1, 1, 2, 2, 3, 3]);
    expect(lists.map(({ query }) => query.per_page)).toEqual(Array(6).fill('100'));
    expect(asked('pulls')).toHaveLength(240);
    expect(rig.server.requests.filter(({ headers }) => headers.authorization)).toEqual([]);
    // S3.14, S3.16: what is read, and the size of each batch.
    expect(rig.lines).toContain('Retrieving all repositories for organizations: org-0');
    const sizes = rig.lines.filter((line) => line.startsWith('Retrieved repository batch of size'));
    expect(sizes.map((line) => Number(line.split(': ')[1]))).toEqual([100, 100, 40]);
    expect(rig.lines).toContain('Retrieved organization batch of size: 1');
  });

  it('S3.13 S3.20 S3.24 each resource is read with its own selector: type and state reach the source', async () => {
    const pulls = (state: string): string => `
      - kind: pull-request
        selector: { organizations: [org-pulls], type: sources, state: ${state} }
        entity: { identifier: 'base.repo.full_name & "#" & $string(number)', blueprint: '"githubPullRequest"' }`;
    await start(
      (text) => `${text.slice(0, text.indexOf('      - kind: organization'))}${pulls('open')}${pulls('closed')}\n`,
    );
    const run = await rig.resync();
    expect(run.outcome).toBe('complete');
    expect(kindOf(run, 'pull-request').read).toBe(30);
    expect(asked('repositories').map(({ query }) => query.type)).toEqual(['sources', 'sources']);
    const states = asked('pulls').map(({ query }) => query.state);
    expect(states).toEqual(['open', 'open', 'closed', 'closed']);
  });

  it('S3.6 S3.7 sends the token of the environment; one that is refused is named by its setting, never shown', async () => {
    const source = generated({ organizations: 1, repositories: 3, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: ['none'], worker: false });
    const prefix = variablePrefix(rig.integration);
    const env = { [`${prefix}BASE_URL`]: rig.server.url, [`${prefix}ACCESS_TOKEN`]: 'hush-hush' };
    const text = readFileSync(`${EXAMPLE}/tidemark.yaml`, 'utf8')
      .replace('  github-listeners:\n', `  ${rig.integration}:\n`)
      .replaceAll('[octokit]', '[org-0]')
      .replace('./main.ts', `./${EXAMPLE}/main.ts`);
    await rig.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext(env)));
    await rig.startWorker(env);
    rig.intercept = () => ({ fault: 'answer', status: 401, body: { message: 'Bad credentials' } });
    const run = await rig.resync({ kinds: ['organization'] });
    expect(new Set(rig.server.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer hush-hush']),
    );
    expect(kindOf(run, 'organization').error).toMatch(
      /GET http.*\/orgs\/org-0: answered 401; look at source.accessToken$/,
    );
    expect(JSON.stringify([run, rig.lines])).not.toContain('hush');
  });
});
