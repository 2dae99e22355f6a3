import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NotFoundError } from '../../domain/errors.ts';
import { StagedRun } from '../support/staged-run.ts';
import { Catalog, KEY, policy, record, T1, T2, T3 } from './support.ts';

describe('policies in the catalog', () => {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await Catalog.open();
  });
  afterAll(() => catalog?.close());
  beforeEach(() => catalog.reset());

  const NEWER = { policy: policy({ resolution: 'newer' }) };
  const OTHER = { policy: policy({ resolution: 'other' }) };
  const THIS = { policy: policy({ resolution: 'this' }) };

  describe('7.1 strategy', () => {
    it.each([['[]', []] as const, ['null', null] as const])(
      'S2.8 7.1 %s skips what is new and what is there, byte for byte, and it counts as seen',
      async (_, strategy) => {
        await catalog.resync([record({ title: 'A' }, T1)], OTHER);
        const before = await catalog.row();
        const nothing = { policy: policy({ strategy, resolution: 'other' }) };
        const records = [record({ title: 'B' }, T2), record({ title: 'N' }, T2, { key: 'n' })];
        expect(await catalog.resync(records, nothing)).toMatchObject({
          skipped: 2,
          updated: 0,
          created: 0,
          deleted: 0,
        });
        expect(await catalog.row()).toEqual(before);
        expect(await catalog.row('n')).toBeUndefined();
      },
    );

    it('S2.10 S2.11 S2.12 S2.13 7.1 what the strategy of a policy allows', async () => {
      await catalog.byHand({ title: 'here' });
      const records = [record({ title: 'there' }), record({ title: 'new' }, null, { key: 'n' })];
      const create = { policy: policy({ strategy: 'create', resolution: 'other' }) };
      expect((await catalog.write([records, create])).counts[0]).toMatchObject({ created: 1, updated: 0, skipped: 1 });
      expect(await catalog.fields()).toEqual({ title: 'here' });
      const update = { policy: policy({ strategy: ['update'], resolution: 'other' }) };
      const more = [...records, record({ title: 'newer' }, null, { key: 'm' })];
      expect((await catalog.write([more, update])).counts[0]).toMatchObject({ created: 0, updated: 1, skipped: 1 });
      expect(await catalog.fields()).toEqual({ title: 'there' });
    });
  });

  describe('7.2 7.3 resolution', () => {
    const both = { title: 'there', 'properties.x': 'new', 'properties.y': 1 };

    it('S2.20 7.2 7.3 THIS creates, and then never changes a field', async () => {
      await catalog.resync([record({ title: 'A' }, T1)], THIS);
      const before = await catalog.row();
      expect(await catalog.resync([record({ title: 'B' }, T2)], THIS)).toMatchObject({ unchanged: 1, updated: 0 });
      expect(await catalog.row()).toEqual(before);
    });

    it('S2.21 7.3 OTHER takes what is given, an explicit null as well, and leaves what is absent alone', async () => {
      await catalog.byHand({ title: 'here', team: 'red', 'properties.z': 1 });
      await catalog.write([[record({ ...both, team: null })], OTHER]);
      expect(await catalog.fields()).toEqual({ ...both, team: null, 'properties.z': 1 });
    });

    it('S2.18 S2.23 S2.24 S2.25 7.2 field by field, else by the default, else THIS', async () => {
      await catalog.byHand({ title: 'here', 'properties.x': 'old', 'properties.y': 0 });
      const one = { policy: policy({ resolution: { title: 'other' } }) };
      await catalog.write([[record(both)], one]);
      expect(await catalog.fields()).toEqual({ title: 'there', 'properties.x': 'old', 'properties.y': 0 });
      const rest = { policy: policy({ resolution: { 'properties.y': 'this' }, defaultResolution: 'other' }) };
      await catalog.write([[record(both)], rest]);
      expect(await catalog.fields()).toEqual({ title: 'there', 'properties.x': 'new', 'properties.y': 0 });
    });
  });

  describe('7.4 NEWER', () => {
    it.each([
      ['later', T3, 'there'],
      ['equal: the import wins', T2, 'there'],
      ['earlier', T1, 'here'],
    ])('S2.22 7.4 the incoming time is %s', async (_, time, title) => {
      await catalog.write([
        [record({ title: 'here' }, T2, { key: 'other', identifier: 'a' })],
        { ...NEWER, resource: 'one' },
      ]);
      await catalog.write([[record({ title: 'there' }, time)], { ...NEWER, resource: 'two' }]);
      expect((await catalog.fields())?.title).toBe(title);
    });

    it('7.4 without a local time the import wins; without an incoming one the first observation counts, with one warning', async () => {
      await catalog.byHand({ title: 'here' });
      const { report } = await catalog.write(
        [[record({ title: 'there' })], NEWER],
        [[record({ title: 'there' })], NEWER],
      );
      expect(await catalog.fields()).toEqual({ title: 'there' });
      expect(report?.warnings).toEqual([expect.stringContaining('thing: records have no modified time')]);
      await catalog.client.edit(KEY, { title: 'mine' });
      expect((await catalog.write([[record({ title: 'there' })], NEWER])).counts[0]).toMatchObject({ unchanged: 1 });
      expect(await catalog.fields()).toEqual({ title: 'mine' });
      await catalog.write([[record({ title: 'changed since' })], NEWER]);
      expect(await catalog.fields()).toEqual({ title: 'changed since' });
    });
  });

  it('7.5 all fields kept is unchanged: the modified time is not advanced', async () => {
    await catalog.resync([record({ title: 'A' }, T2)], NEWER);
    await catalog.client.edit(KEY, { title: 'mine' });
    const before = await catalog.row();
    expect(await catalog.resync([record({ title: 'B' }, T3)], NEWER)).toMatchObject({
      unchanged: 1,
      skipped: 0,
      updated: 0,
    });
    expect(await catalog.row()).toEqual(before);
  });

  it('S2.15 7.6 nothing configured, or a strategy alone: the source wins over a person', async () => {
    await catalog.resync([record({ title: 'A' })]);
    await catalog.client.edit(KEY, { title: 'mine' });
    expect(await catalog.resync([record({ title: 'A' })])).toMatchObject({ updated: 1 });
    expect(await catalog.row()).toMatchObject({ fields: { title: 'A' }, origins: { title: 'acme' } });
    await catalog.client.edit(KEY, { title: 'mine' });
    await catalog.write([[record({ title: 'A' })], { policy: policy({ strategy: 'update' }) }]);
    expect(await catalog.fields()).toEqual({ title: 'A' });
  });

  describe('7.7 the resolver', () => {
    it('S2.14 S2.16 7.7 sees both sides and decides record by record', async () => {
      await catalog.write([[record({ title: 'A' }, T1), record({ title: 'B' }, T1, { key: 'b' })], OTHER]);
      const seen: unknown[] = [];
      const resolve = policy({}, (vector) => {
        seen.push([
          vector.identifier,
          vector.method,
          vector.local?.fields,
          vector.local?.modifiedAt,
          vector.incoming.modifiedAt,
          vector.base?.fields,
          vector.raw,
          vector.integration,
          vector.kind,
        ]);
        return vector.identifier === 'a' ? { resolution: 'other' } : { resolution: { title: 'this' } };
      });
      const records = [record({ title: 'A2' }, T2, { raw: { id: 7 } }), record({ title: 'B2' }, T2, { key: 'b' })];
      await catalog.write([records, { policy: resolve }]);
      expect([await catalog.fields(), await catalog.fields('b')]).toEqual([{ title: 'A2' }, { title: 'B' }]);
      expect(seen).toEqual([
        ['a', 'update', { title: 'A' }, T1, T2, { title: 'A' }, { id: 7 }, 'acme', 'thing'],
        ['b', 'update', { title: 'B' }, T1, T2, { title: 'B' }, {}, 'acme', 'thing'],
      ]);
    });

    it('S2.7 S2.15 7.7 may set the strategy; when it says nothing, both are allowed', async () => {
      const only = policy({}, ({ identifier }) => (identifier === 'a' ? { strategy: null } : undefined));
      const records = [record({ title: 'A' }), record({ title: 'B' }, null, { key: 'b' })];
      expect((await catalog.write([records, { policy: only }])).counts[0]).toMatchObject({ created: 1, skipped: 1 });
    });

    it('S2.19 7.7 what is not known falls back, with a warning', async () => {
      await catalog.byHand({ title: 'here' });
      const odd = policy({}, () => ({ resolution: 'mine' }));
      const { report } = await catalog.write([[record({ title: 'there' })], { policy: odd }]);
      expect(await catalog.fields()).toEqual({ title: 'here' });
      expect(report?.warnings).toEqual([expect.stringContaining('thing: the resolver sets resolution to "mine"')]);
    });

    it('7.7 one that throws: the record is quarantined and seen, the rest goes on', async () => {
      const records = [record({ title: 'A' }), record({ title: 'B' }, null, { key: 'b' })];
      await catalog.resync(records);
      const broken = policy({}, ({ identifier }) => {
        if (identifier === 'a') throw new Error('no idea');
        return { resolution: 'other' };
      });
      const changed = [
        record({ title: 'A2' }, null, { raw: { id: 'a' } }),
        record({ title: 'B2' }, null, { key: 'b' }),
      ];
      expect(await catalog.resync(changed, { policy: broken })).toMatchObject({
        updated: 1,
        unidentified: 0,
        deleted: 0,
      });
      expect([await catalog.fields(), await catalog.fields('b')]).toEqual([{ title: 'A' }, { title: 'B2' }]);
      expect(await catalog.client.quarantine('acme', 10)).toMatchObject([
        { key: 'a', stage: 'resolve', reason: 'the resolver failed: no idea', raw: '{"id":"a"}' },
      ]);
      const [run] = await catalog.client.runs('acme', 1);
      expect(run?.kinds[0]).toMatchObject({ quarantined: 1 });
      await catalog.resync(changed, OTHER);
      expect(await catalog.client.quarantine('acme', 10)).toEqual([]);
    });
  });

  it('7.8 onConflict applies only where both sides changed the field since it was written', async () => {
    const onConflict = { policy: policy({ defaultResolution: 'other', onConflict: 'this' }) };
    await catalog.write([[record({ title: 'A', team: 'A', 'properties.x': 'A' })], onConflict]);
    await catalog.client.edit(KEY, { title: 'mine', team: 'mine' });
    const { counts } = await catalog.write([[record({ title: 'B', team: 'A', 'properties.x': 'B' })], onConflict]);
    expect(counts[0]).toMatchObject({ updated: 1 });
    expect(await catalog.fields()).toEqual({ title: 'mine', team: 'A', 'properties.x': 'B' });
    await catalog.write([[record({ title: 'B', team: 'A', 'properties.x': 'B' })], onConflict]);
    expect(await catalog.fields()).toEqual({ title: 'mine', team: 'A', 'properties.x': 'B' });
  });

  it('7.9 a reference to a record that was skipped and is not there is dropped, and written once it appears', async () => {
    const target = record({ title: 'T' }, null, { key: 't' });
    const referrer = record({ 'relations.one': 't', 'relations.many': ['t', 'u'], 'relations.other': 'nowhere' });
    const update = { strategy: { create: false, update: true }, resource: 'one' };
    const { counts } = await catalog.write([[target], update], [[referrer], { resource: 'two', position: 1 }]);
    expect(counts).toMatchObject([{ skipped: 1 }, { created: 1 }]);
    const dropped = { 'relations.one': null, 'relations.many': ['u'], 'relations.other': 'nowhere' };
    expect(await catalog.fields()).toEqual(dropped);
    const skips = { policy: policy({ strategy: 'update' }), resource: 'one' };
    await catalog.write([[target], skips], [[referrer], { ...OTHER, resource: 'two', position: 1 }]);
    expect(await catalog.fields()).toEqual(dropped);
    await catalog.write([[target], { resource: 'one' }], [[referrer], { resource: 'two', position: 1 }]);
    expect(await catalog.fields()).toEqual(referrer.fields);
  });

  describe('7.10 times and origins', () => {
    it('7.10 an import stores the time and the origin that a value came with; the record has the latest', async () => {
      await catalog.write([[record({ title: 'A', team: 'x' }, T1)], NEWER]);
      await catalog.write([[record({ title: 'B', team: 'x' }, T2)], NEWER]);
      expect(await catalog.row()).toMatchObject({
        modifiedAt: new Date(T2),
        times: { title: T2, team: T1 },
        origins: { title: 'acme', team: 'acme' },
      });
    });

    it("7.10 a person's edit is later than what is stored, in whatever future that lies, and leaves the others' times", async () => {
      const future = '2999-01-01T00:00:00.000Z';
      await catalog.write([[record({ title: 'A', team: 'x' }, future)], NEWER]);
      await catalog.client.edit(KEY, { title: 'mine' });
      expect(await catalog.row()).toMatchObject({
        fields: { title: 'mine', team: 'x' },
        times: { title: '2999-01-01T00:00:00.001Z', team: future },
        origins: { title: '@person', team: 'acme' },
      });
      await catalog.write([[record({ title: 'B', team: 'x' }, future)], NEWER]);
      expect(await catalog.fields()).toEqual({ title: 'mine', team: 'x' });
      expect(await catalog.rules()).toMatchObject({ title: 'local-later' });
    });

    it('7.10 an edit that changes nothing is none', async () => {
      await catalog.write([[record({ title: 'A' }, T1)], NEWER]);
      const before = await catalog.row();
      await catalog.client.edit(KEY, { title: 'A' });
      expect(await catalog.row()).toEqual(before);
      expect((await catalog.client.explain(KEY)).claims.map(({ integration }) => integration)).toEqual(['acme']);
    });

    it('1.2 7.10 a person who edited an entity holds a claim on it: no resync deletes it', async () => {
      await catalog.resync([record({ title: 'A', team: 'x' })]);
      await catalog.client.edit(KEY, { title: 'mine', properties: { note: 1 } });
      await catalog.resync([record({ title: 'A', team: 'x' })]);
      expect(await catalog.resync([])).toMatchObject({ deleted: 0 });
      expect(await catalog.fields()).toEqual({ title: 'mine', 'properties.note': 1 });
    });

    it('1.5 7.10 a field that a person wrote is not cleared when the mapping gives it up', async () => {
      await catalog.resync([record({ title: 'A', team: 'x' })]);
      await catalog.client.edit(KEY, { title: 'mine' });
      await catalog.resync([record({ team: 'x' })]);
      expect(await catalog.fields()).toEqual({ title: 'mine', team: 'x' });
    });

    it('7.10 what cannot be edited is refused, and nothing is written', async () => {
      await expect(catalog.client.edit(KEY, { title: 'x' })).rejects.toThrow(NotFoundError);
      await catalog.byHand({ title: 'here' });
      const wrong = { title: 7, colour: 'red', relations: { owner: [1] } } as never;
      await expect(catalog.client.edit(KEY, wrong)).rejects.toMatchObject({
        mistakes: [
          { path: 'title', message: 'must be text, not 7; put it in quotes' },
          { path: 'relations.owner', message: 'must be an identifier, a list of identifiers or null' },
          { path: '', message: expect.stringContaining('unknown key "colour"; one of: title, team') },
        ],
      });
      expect(await catalog.fields()).toEqual({ title: 'here' });
    });
  });

  describe('several claims on one entity', () => {
    const two = (title: string, x: string, time: string) =>
      record({ title, 'properties.x': x }, time, { key: 'k2', identifier: 'a' });
    const first = { resource: 'one', position: 0 };
    const second = { resource: 'two', position: 1 };

    it.each([
      ['decided', OTHER, OTHER],
      ['the first plain', {}, OTHER],
      ['the second plain', OTHER, {}],
    ] as const)('1.7 7.3 OTHER: the content does not depend on the order of batches, %s', async (_, one, other) => {
      const a = [[record({ title: 'A', team: 'A' })], { ...first, ...one }] as const;
      const b = [[two('B', 'B', T1)], { ...second, ...other }] as const;
      await catalog.write(a, b);
      const content = { title: 'B', team: 'A', 'properties.x': 'B' };
      expect(await catalog.fields()).toEqual(content);
      const again = await catalog.write(b, a);
      expect(await catalog.fields()).toEqual(content);
      expect(again.counts).toMatchObject([{ unchanged: 1 }, { unchanged: 1 }]);
      await catalog.reset();
      await catalog.write(b, a);
      expect(await catalog.fields()).toEqual(content);
    });

    it('1.7 7.4 NEWER: at equal times the later claim stands, whichever is read last', async () => {
      const a = [[record({ title: 'A' }, T2)], { ...first, ...NEWER }] as const;
      const b = [[two('B', 'B', T2)], { ...second, ...NEWER }] as const;
      await catalog.write(b, a);
      expect(await catalog.fields()).toMatchObject({ title: 'B' });
      expect(await catalog.rules()).toMatchObject({ title: 'later-claim' });
      await catalog.write(a, b);
      expect(await catalog.fields()).toMatchObject({ title: 'B' });
    });

    it('1.2 7.8 when a claim ends, the entity has what the others say', async () => {
      const ones = { ...NEWER, ...first, kind: 'one' };
      const twos = { ...NEWER, ...second, kind: 'two' };
      const older = two('older', 'x', T1);
      await catalog.write([[older], twos], [[record({ title: 'newer' }, T2)], ones]);
      expect(await catalog.fields()).toEqual({ title: 'newer', 'properties.x': 'x' });
      const last = await StagedRun.begin(catalog, { kinds: ['one', 'two'] });
      await last.write([older], twos);
      await last.deleteUnseen({ kinds: ['one', 'two'] });
      await last.end();
      expect(await catalog.row()).toMatchObject({
        fields: { title: 'older', 'properties.x': 'x' },
        times: { title: T1, 'properties.x': T1 },
      });
    });
  });

  describe('explain', () => {
    it('says which run and rule set or kept each field, and what both sides said', async () => {
      const { runId: made } = await catalog.write([[record({ title: 'A', team: 'x' }, T1)], NEWER]);
      await catalog.client.edit(KEY, { title: 'mine' });
      const { runId } = await catalog.write([[record({ title: 'B', team: 'y' }, T2)], NEWER]);
      const { fields, claims, changedRun } = await catalog.client.explain(KEY);
      expect(changedRun).toBe(runId);
      expect(claims.map(({ integration, owns }) => [integration, owns])).toEqual([
        ['@person', true],
        ['acme', true],
      ]);
      expect(fields).toMatchObject([
        {
          field: 'team',
          value: 'y',
          time: T2,
          origin: 'acme',
          decision: {
            rule: 'incoming-later',
            number: '7.4',
            saidBy: 'resolution',
            run: runId,
            local: { value: 'x', time: T1, origin: 'acme' },
            incoming: { value: 'y', time: T2, origin: 'acme' },
          },
        },
        {
          field: 'title',
          value: 'mine',
          origin: '@person',
          decision: { rule: 'local-later', run: runId, local: { value: 'mine' }, incoming: { value: 'B', time: T2 } },
        },
      ]);
      expect(made).not.toBe(runId);
    });

    it('is true of what no policy decided: the claim that says so, and the run that last changed the entity', async () => {
      const { runId } = await catalog.write([[record({ title: 'A' })]]);
      await catalog.write([[record({ title: 'A' })]]);
      const plain = await catalog.client.explain(KEY, 'acme');
      expect(plain).toMatchObject({
        changedRun: runId,
        version: 1,
        fields: [{ field: 'title', time: null, origin: null, decision: null }],
      });
      expect(plain.fields[0]?.why).toContain('acme says so (thing)');
      await catalog.client.edit(KEY, { title: 'mine' });
      expect((await catalog.client.explain(KEY)).fields[0]).toMatchObject({
        why: 'a person set it (7.10)',
        decision: { rule: 'edit', run: null },
      });
      const { runId: later } = await catalog.write([[record({ title: 'A' })]]);
      const after = await catalog.client.explain(KEY);
      expect(after).toMatchObject({ changedRun: later, fields: [{ origin: 'acme', decision: null }] });
      expect(after.fields[0]?.why).toContain('acme says so');
    });

    it('what is kept again and again is noted once; a new record once as a whole', async () => {
      await catalog.write([[record({ title: 'A' }, T2)], THIS]);
      for (let i = 0; i < 3; i++) await catalog.write([[record({ title: 'B' }, T3)], THIS]);
      const rows = await catalog.db.query('select field, rule from tidemark.change order by id');
      expect(rows).toEqual([
        { field: null, rule: 'new-record' },
        { field: 'title', rule: 'this' },
      ]);
      expect(await catalog.rules()).toEqual({ title: 'this' });
    });

    it('an entity or an integration that is not there', async () => {
      await expect(catalog.client.explain(KEY)).rejects.toThrow('the catalog has no thing a');
      await expect(catalog.client.explain(KEY, 'nobody')).rejects.toThrow('no integration nobody');
    });
  });
});
