import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startsOf } from '../../catalog/checkpoints.ts';
import { finishKind } from '../../catalog/runs.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { RunReport } from '../../domain/run.ts';
import type { Since } from '../../domain/scope.ts';
import {
  issueRecord,
  organizationRecord,
  pullRequestRecord,
  repositoryRecord,
} from '../../examples/github-server/record-shapes.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';
import { kindOf, Rig, type RigOptions } from '../support/rig.ts';
import { type RunOptions, StagedRun, type Target } from '../support/staged-run.ts';

const MINUTES = 60_000;
const START = Date.parse('2025-06-01T00:00:00Z');

/** `minutes` after a fixed time, as GitHub writes it. */
const at = (minutes: number): string => new Date(START + minutes * MINUTES).toISOString().replace('.000', '');

/** The same time as the catalog has it. */
const checkpoint = (minutes: number): string => new Date(START + minutes * MINUTES).toISOString();

const LAST: Since = { last: true, time: null };

describe('2.8 the checkpoint of a kind', () => {
  let under: TestCatalog;
  beforeAll(async () => {
    under = await startCatalog();
  });
  beforeEach(() => under.db.query('truncate tidemark.integration, tidemark.entity, tidemark.claim cascade'));
  afterAll(() => under.close());

  interface Shape extends RunOptions {
    readonly since?: Since;
    readonly batches: readonly Target[];
    readonly state?: 'complete' | 'failed';
    /** Minutes. */
    readonly overlap?: number;
  }

  /** A run of one kind that reads those batches, and how it ended. */
  async function run({ batches, state = 'complete', overlap = 10, since, ...options }: Shape): Promise<StagedRun> {
    const begun = await StagedRun.begin(under, { ...options, scope: { kinds: null, since: since ?? null } });
    for (const batch of batches) await begun.write([{ key: 'a' }], batch);
    const end = { kind: 'thing', state, error: null, checkpointOverlap: overlap * MINUTES };
    await finishKind(under.db, begun.run, end);
    await begun.end();
    return begun;
  }

  /** Where a run that asks for `since` would begin to read; `null`: at the start. */
  async function start(begun: StagedRun, since = LAST, resource = 'thing'): Promise<string | null> {
    return (await startsOf(under.db, begun.run, { since, resources: [resource] })).get(resource) ?? null;
  }

  it.each<[string, Target, number]>([
    ['the clock, where changes are later', { clock: at(100), modified: at(130) }, 90],
    ['the latest change, where the clock is later', { clock: at(130), modified: at(100) }, 90],
    ['the clock, where nothing was seen', { clock: at(100) }, 90],
    ['the latest change, where there is no clock', { modified: at(100) }, 90],
  ])('moves to %s, less the overlap', async (_what, batch, minutes) => {
    expect(await start(await run({ batches: [batch] }))).toBe(checkpoint(minutes));
  });

  it('moves to the first of several answers, and the latest of all changes', async () => {
    const clocks = [at(120), at(110), at(130)];
    const byClock = await run({ batches: clocks.map((clock) => ({ clock, modified: at(500) })), overlap: 0 });
    expect(await start(byClock)).toBe(checkpoint(110));
    const changes = [at(90), null, at(95)];
    const byChange = await run({ batches: changes.map((modified) => ({ clock: at(500), modified })), overlap: 0 });
    expect(await start(byChange)).toBe(checkpoint(95));
  });

  it('a batch without a clock makes the clock unknown: it may have been the first', async () => {
    const batches = [{ modified: at(90) }, { clock: at(80), modified: at(70) }];
    expect(await start(await run({ batches, overlap: 0 }))).toBe(checkpoint(90));
    expect(await start(await run({ batches: [{}, { clock: at(200) }], overlap: 0 }))).toBe(checkpoint(90));
  });

  it('stays when nothing was seen and there is no clock', async () => {
    expect(await start(await run({ batches: [{}] }))).toBeNull();
    await run({ batches: [{ clock: at(100) }] });
    expect(await start(await run({ batches: [{}], since: LAST }))).toBe(checkpoint(90));
  });

  it('stays when the kind failed', async () => {
    await run({ batches: [{ clock: at(100) }] });
    expect(await start(await run({ batches: [{ clock: at(200) }], state: 'failed' }))).toBe(checkpoint(90));
  });

  it('only what the run itself read counts, and not what it looked at a second time', async () => {
    const passes = ['read', 'lookup', 'second-listing'] as const;
    const batches = passes.map((pass, index) => ({ pass, clock: at(100 - index), modified: at(200 + index) }));
    expect(await start(await run({ batches, overlap: 0 }))).toBe(checkpoint(100));
  });

  it('each resource of a kind has its own', async () => {
    const batches = [
      { resource: 'thing#0', clock: at(100) },
      { resource: 'thing#1', clock: at(300) },
    ];
    const begun = await run({ batches, overlap: 0 });
    expect(await start(begun, LAST, 'thing#0')).toBe(checkpoint(100));
    expect(await start(begun, LAST, 'thing#1')).toBe(checkpoint(300));
  });

  it('a run that began to read later than it does not move it; one that began there or earlier does', async () => {
    const time = (minutes: number): Since => ({ last: false, time: checkpoint(minutes) });
    await run({ batches: [{ clock: at(100) }], overlap: 0 });
    expect(await start(await run({ since: time(101), batches: [{ clock: at(200) }], overlap: 0 }))).toBe(
      checkpoint(100),
    );
    expect(await start(await run({ since: time(100), batches: [{ clock: at(300) }], overlap: 0 }))).toBe(
      checkpoint(300),
    );
    expect(await start(await run({ since: time(50), batches: [{ clock: at(400) }], overlap: 0 }))).toBe(
      checkpoint(400),
    );
  });

  it('a run since a time makes none where there is none', async () => {
    const since = { last: false, time: checkpoint(50) };
    expect(await start(await run({ since, batches: [{ clock: at(100) }] }))).toBeNull();
  });

  it('`last` together with a time reads from the earlier of both', async () => {
    const begun = await run({ batches: [{ clock: at(100) }], overlap: 0 });
    expect(await start(begun, { last: true, time: checkpoint(40) })).toBe(checkpoint(40));
    expect(await start(begun, { last: true, time: checkpoint(140) })).toBe(checkpoint(100));
    expect(await start(begun, { last: false, time: checkpoint(140) })).toBe(checkpoint(140));
  });

  it('holds for its configuration only, also when that comes back', async () => {
    await run({ batches: [{ clock: at(100) }], overlap: 0 });
    const other = await run({ configuration: 'other', since: LAST, batches: [{}] });
    expect(await start(other)).toBeNull();
    expect(await start(await run({ configuration: 'same', since: LAST, batches: [{}] }))).toBeNull();
  });
});

describe('a resync of what changed', () => {
  let rig: Rig;
  afterEach(() => rig?.close());

  const facts = (index: number) => ({ seed: 1, index, revision: 0, owner: 'acme' });
  const repository = repositoryRecord(facts(0));
  const held = { repository: { id: Number(repository.id), name: String(repository.name) } };
  const FULL_NAME = String(repository.full_name);

  const pull = (number: number, changed: number): RawRecord => ({
    ...pullRequestRecord({ ...facts(number), ...held, number }),
    updated_at: at(changed),
  });
  const issue = (number: number, changed: number): RawRecord => ({
    ...issueRecord({ ...facts(number), ...held, number }),
    updated_at: at(changed),
  });

  /** Four pull requests and four issues, one an hour. */
  function hourly(): GitHubStore {
    const store = new GitHubStore();
    store.putOrganization(organizationRecord('acme', 0));
    store.putRepository(repository);
    for (const number of [1, 2, 3, 4]) {
      store.putPullRequest(pull(number, 60 * number));
      store.putIssue(issue(10 + number, 60 * number));
    }
    return store;
  }

  async function begin(options: Partial<RigOptions> = {}): Promise<GitHubStore> {
    const store = hourly();
    rig = await Rig.start({ store, organizations: ['acme'], resources: { issue: {} }, ...options });
    return store;
  }

  const reads = (run: RunReport) => Object.fromEntries(run.kinds.map(({ kind, read }) => [kind, read]));

  /** The `since` of every request for issues, in order. */
  const asked = () => rig.server.requests.filter(({ route }) => route === 'issues').map(({ query }) => query.since);

  const inFull = (kind: string) => `${kind} is read in full: its source cannot tell what changed`;
  const unmarked = (resource: string) =>
    `${resource} is read in full: no complete run with this configuration has left a checkpoint yet`;

  it('2.8 the first one has no checkpoint: it reads everything and says so', async () => {
    await begin();
    const run = await rig.resync({ since: 'last' });
    expect(run.outcome).toBe('complete');
    expect(run.warnings).toEqual([
      inFull('organization'),
      inFull('repository'),
      unmarked('pull-request'),
      unmarked('issue'),
    ]);
    expect(reads(run)).toEqual({ organization: 1, repository: 1, 'pull-request': 4, issue: 4 });
    expect(asked()).toEqual([undefined]);
  });

  it('2.8 after a complete run only what changed since is asked for, from ten minutes before, inclusive', async () => {
    const store = await begin();
    await rig.resync();
    // The last change that was seen: minute 240. On the mark, and a second before it:
    store.putIssue(issue(11, 230));
    store.putIssue({ ...issue(12, 230), updated_at: '2025-06-01T03:49:59Z' });
    store.putPullRequest(pull(1, 230));
    store.putPullRequest({ ...pull(2, 230), updated_at: '2025-06-01T03:49:59Z', title: 'Never seen' });
    store.putIssue(issue(20, 500));
    const run = await rig.resync({ since: 'last' });
    expect(run.outcome).toBe('complete');
    expect(run.warnings).toEqual([inFull('organization'), inFull('repository')]);
    expect(asked()).toEqual([undefined, at(230)]);
    expect(reads(run)).toMatchObject({ 'pull-request': 2, issue: 3 });
    expect(kindOf(run, 'issue')).toMatchObject({ created: 1, deleted: 0 });
    const last = await rig.resync({ since: 'last' });
    expect(asked().at(-1)).toBe(at(490));
    expect(reads(last)).toMatchObject({ 'pull-request': 2, issue: 1 });
    expect(kindOf(last, 'issue')).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
  });

  it('2.8 a changed record is written', async () => {
    const store = await begin();
    await rig.resync();
    store.putPullRequest({ ...pull(2, 300), title: 'Anew' });
    store.putIssue({ ...issue(12, 300), state: 'closed', title: 'Solved' });
    const run = await rig.resync({ since: 'last' });
    expect([kindOf(run, 'pull-request').updated, kindOf(run, 'issue').updated]).toEqual([1, 1]);
    const entities = await rig.entities();
    expect(entities.get(`pullRequest/${FULL_NAME}#2`)?.title).toBe('Anew');
    expect(entities.get(`issue/${FULL_NAME}#12`)).toMatchObject({ title: 'Solved', properties: { state: 'closed' } });
  });

  it('2.8 what is gone stays, until a run reads everything', async () => {
    const store = await begin();
    await rig.resync();
    store.removeIssue(FULL_NAME, 11);
    store.removePullRequest(FULL_NAME, 4);
    const run = await rig.resync({ since: 'last' });
    expect(run.outcome).toBe('complete');
    expect(run.kinds.map(({ deleted }) => deleted)).toEqual([0, 0, 0, 0]);
    expect([...(await rig.entities()).keys()]).toContain(`issue/${FULL_NAME}#11`);
    expect(rig.server.requests.filter(({ route }) => route === 'issue' || route === 'pull')).toEqual([]);
    const full = await rig.resync();
    expect([kindOf(full, 'issue').deleted, kindOf(full, 'pull-request').deleted]).toEqual([1, 1]);
  });

  it('2.8 the checkpoint of a kind that failed stays, that of the others moves', async () => {
    const store = await begin();
    await rig.resync();
    store.putIssue(issue(20, 500));
    store.putPullRequest(pull(9, 500));
    rig.intercept = ({ route }) => (route === 'issues' ? { fault: 'answer', status: 403 } : undefined);
    const failed = await rig.resync({ since: 'last' });
    expect(failed.outcome).toBe('incomplete');
    rig.intercept = undefined;
    const run = await rig.resync({ since: 'last' });
    expect(asked()).toEqual([undefined, at(230), at(230)]);
    expect(reads(run)).toMatchObject({ 'pull-request': 1, issue: 2 });
  });

  it('2.8 a time that is later than the checkpoint leaves it where it is', async () => {
    const store = await begin();
    await rig.resync();
    store.putIssue(issue(20, 500));
    store.putIssue(issue(21, 600));
    const run = await rig.resync({ since: at(550) });
    expect(reads(run)).toMatchObject({ issue: 1 });
    expect(reads(await rig.resync({ since: 'last' }))).toMatchObject({ issue: 3 });
    expect(asked()).toEqual([undefined, at(550), at(230)]);
  });

  it('2.8 the overlap is the one of the configuration', async () => {
    await begin({ settings: { checkpointOverlap: '1h' } });
    await rig.resync();
    const run = await rig.resync({ since: 'last' });
    expect(asked()).toEqual([undefined, at(180)]);
    expect(reads(run)).toMatchObject({ 'pull-request': 2, issue: 2 });
  });

  it("2.8 where records are later than the source's clock, its clock counts", async () => {
    const store = await begin();
    rig.intercept = () => ({
      fault: 'alter',
      alter: (answer) => ({
        ...answer,
        headers: { ...answer.headers, date: new Date(START + 100 * MINUTES).toUTCString() },
      }),
    });
    await rig.resync();
    store.removeIssue(FULL_NAME, 14);
    await rig.resync({ since: 'last' });
    expect(asked()).toEqual([undefined, at(90)]);
  });

  it('2.8 a changed configuration makes it read everything again', async () => {
    await begin();
    await rig.resync();
    await rig.configure({ issue: { selector: { organizations: ['acme'], state: 'all', query: 'number > 12' } } });
    const run = await rig.resync({ since: 'last' });
    expect(run.warnings).toContain(unmarked('issue'));
    expect(reads(run)).toMatchObject({ 'pull-request': 4, issue: 4 });
    expect((await rig.resync({ since: 'last' })).warnings).toEqual([inFull('organization'), inFull('repository')]);
  });

  it('2.9 it is not the last complete run; neither is one of some kinds, which leaves the others alone', async () => {
    const store = await begin();
    const status = async () => (await rig.client.status(rig.integration))[0];
    await rig.resync({ since: 'last' });
    expect((await status())?.lastComplete).toBeNull();
    const full = await rig.resync();
    store.removePullRequest(FULL_NAME, 1);
    store.removeIssue(FULL_NAME, 11);
    const some = await rig.resync({ kinds: ['issue'] });
    expect(some.kinds.map(({ kind, deleted }) => ({ kind, deleted }))).toEqual([{ kind: 'issue', deleted: 1 }]);
    expect([...(await rig.entities()).keys()]).toContain(`pullRequest/${FULL_NAME}#1`);
    const run = await rig.resync({ since: 'last', kinds: ['pull-request'] });
    expect(reads(run)).toEqual({ 'pull-request': 1 });
    expect(await status()).toMatchObject({ lastComplete: { run: full.run }, lastRun: { run: run.run } });
  });
});
