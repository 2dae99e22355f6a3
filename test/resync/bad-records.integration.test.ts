import { afterEach, describe, expect, it } from 'vitest';
import type { RawRecord } from '../../domain/json.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { kindOf, Rig } from '../support/rig.ts';

/** Section 11: whatever a record holds, the others arrive, and the record says why it did not. */
describe('11 bad records', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  /** The JSON text of a value that no JSON.stringify could write. */
  const nested = (levels: number): string => '{"a":['.repeat(levels / 2) + ']}'.repeat(levels / 2);

  /** One record of 150 gets other values for these keys, as JSON text: what a server sends, whatever it is. */
  async function resyncWith(changes: Readonly<Record<string, string>>) {
    const source = generated({ organizations: 1, repositories: 150, pullRequests: 0, repositoriesWithPulls: 0 });
    const bad = source.store.repositoriesOf('org-0')[7] as RawRecord;
    const expressions = { language: 'language', topics: '[topics]' };
    const entity = { identifier: 'full_name', blueprint: '"repository"', title: 'name', properties: expressions };
    const resources = { organization: null, 'pull-request': null, repository: { entity } };
    rig = await Rig.start({ store: source.store, organizations: source.organizations, resources });
    const proper = JSON.stringify(bad);
    const changed = Object.entries(changes).reduce(
      (text, [key, value]) =>
        text.replace(`${JSON.stringify(key)}:${JSON.stringify(bad[key])}`, () => `"${key}":${value}`),
      proper,
    );
    expect(changed).not.toBe(proper);
    rig.intercept = () => ({
      fault: 'alter',
      alter: (answer) => ({ ...answer, body: answer.body.toString().replace(proper, () => changed) }),
    });
    const run = await rig.resync();
    const entities = await rig.entities();
    return { run, rig, kind: kindOf(run, 'repository'), entity: entities.get(`repository/${bad.full_name}`), entities };
  }

  it.each([
    ['a NUL character', { language: '"Ru\\u0000st"' }, /NUL/],
    ['a lone surrogate', { language: '"Ru\\ud800st"' }, /surrogate/],
    ['values nested 10,000 levels deep', { language: nested(10_000) }, /./],
  ])('%s: the field is left out and named, the record and all others are written', async (_, changes, reason) => {
    const { run, kind, entity, entities } = await resyncWith(changes);
    expect(run.outcome).toBe('complete');
    expect(kind).toMatchObject({ created: 150, quarantined: 0 });
    expect(kind.failedFields).toMatchObject([{ field: 'properties.language', records: 1 }]);
    expect(kind.failedFields[0]?.reason).toMatch(reason);
    expect(entity?.properties).not.toHaveProperty('language');
    expect(entities.size).toBe(150);
  });

  it('prototype keys arrive as ordinary keys', async () => {
    const topics = '[{"__proto__":{"polluted":true},"constructor":1}]';
    const { run, entity } = await resyncWith({ topics });
    expect(run.outcome).toBe('complete');
    expect(JSON.stringify(entity?.properties.topics)).toBe(topics);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('a text of 2 MB does not stop the run', async () => {
    const { run, kind, entities } = await resyncWith({ language: JSON.stringify('x'.repeat(2_000_000)) });
    expect(run.outcome).toBe('complete');
    expect(kind.read).toBe(150);
    expect(entities.size).toBe(150);
  });

  it.each([
    ['a NUL in the key of the record', { node_id: '"R_\\u0000x"' }, 'record key'],
    ['half a surrogate pair in its name', { full_name: '"org-0/\\ud800"' }, 'identifier'],
  ])('%s: that record lies in quarantine, the others are written', async (_, changes, stage) => {
    const { rig, run, kind } = await resyncWith(changes);
    expect(run.outcome).toBe('complete');
    expect(kind).toMatchObject({ state: 'complete', created: 149, quarantined: 1 });
    expect(await rig.db.query('select stage from tidemark.quarantine')).toEqual([{ stage }]);
  });

  it('a NUL in what the source says of its failure: the kind fails with that reason', async () => {
    const { rig } = await resyncWith({ language: 'null' });
    rig.intercept = () => ({ fault: 'answer', status: 403, body: { message: 'no\u0000pe' } });
    const run = await rig.resync();
    expect(run.outcome).toBe('failed');
    expect(kindOf(run, 'repository')).toMatchObject({ state: 'failed', error: expect.stringMatching(/403/) });
  });

  it('a record without a usable identifier lies in quarantine, raw and with its reason', async () => {
    const { rig, run, kind } = await resyncWith({ full_name: 'null', name: '"nul\\u0000\\ud800"' });
    expect(run.outcome).toBe('complete');
    expect(kind).toMatchObject({ created: 149, quarantined: 1 });
    const [row] = await rig.db.query<{ stage: string; reason: string; raw: string }>(
      'select stage, reason, raw from tidemark.quarantine',
    );
    expect(row?.stage).toBe('identifier');
    expect(row?.reason).toMatch(/identifier/);
    expect(JSON.parse(row?.raw ?? '').name).toBe('nul\u0000\ud800');
  });
});
