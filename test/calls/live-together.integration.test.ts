import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../catalog/database.ts';
import { acceptCalls, toInboxRow, waitingCalls } from '../../catalog/inbox.ts';
import type { LiveCall, LiveChange } from '../../catalog/live-change.ts';
import { independentGroups } from '../../catalog/live-group.ts';
import type { Destination } from '../../destinations/destination.ts';
import { startCatalog, type TestCatalog } from '../support/catalog.ts';

const INTEGRATION = 'acme';
const RESOURCES = ['thing', 'part'];

/** What one call says of one record: what it is now, or that it is gone. */
interface Said {
  readonly resource: string;
  readonly record: number;
  /** `null`: gone. */
  readonly identifier: string | null;
  readonly title: string;
  /** Minutes: calls are not always received in the order of what they observed. */
  readonly observed: number;
}

const said: fc.Arbitrary<Said> = fc.record({
  resource: fc.constantFrom(...RESOURCES),
  record: fc.integer({ min: 0, max: 7 }),
  identifier: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { freq: 4 }),
  title: fc.constantFrom('x', 'y'),
  observed: fc.integer({ min: 0, max: 59 }),
});

function changeOf({ resource, record, identifier, title, observed }: Said): LiveChange {
  const observedAt = `2026-01-01 00:${String(observed).padStart(2, '0')}:00+00`;
  const recordKey = `r${record}`;
  const isThere = identifier === null ? [] : [{ blueprint: 'thing', identifier }];
  const entities = isThere.map((key) => ({
    ...key,
    recordKey,
    locator: null,
    fields: { [resource === 'thing' ? 'title' : 'properties.part']: title } as never,
    modifiedAt: null,
    raw: null,
    failed: [],
    observedAt,
  }));
  const [position, strategy] = [RESOURCES.indexOf(resource), { create: true, update: true }];
  const write = { resource, kind: resource, position, strategy, policy: null, entities, quarantined: [] };
  const end = { resource, kind: resource, recordKey, identity: null, kept: isThere, observedAt };
  return { writes: [write], ends: [{ ...end, tombstone: identifier === null }], unidentified: 0 };
}

describe('6.1 6.2 calls that are applied together', () => {
  let under: TestCatalog;
  let db: Database;
  let destination: Destination;
  beforeAll(async () => {
    under = await startCatalog();
    db = under.db;
    destination = under.destination;
    await db.query('insert into tidemark.integration (id) values ($1)', [INTEGRATION]);
  });
  afterAll(() => under?.close());

  /** Applies calls in these portions; what they did, and what is there then. */
  async function applied(portions: readonly (readonly LiveChange[])[]) {
    await db.query(
      'delete from tidemark.entity; delete from tidemark.claim; delete from tidemark.tombstone; delete from tidemark.inbox',
    );
    for (const changes of portions) {
      const call = { type: 'event', event: 'x', payload: {} } as const;
      const row = () => toInboxRow({ integration: INTEGRATION, origin: 'sdk', delivery: null, call });
      await acceptCalls(db, changes.map(row));
      const { calls } = await waitingCalls(db, INTEGRATION, changes.length);
      const open = calls.map(({ seq }, index): LiveCall => ({ seq, change: changes[index] as LiveChange }));
      await destination.applyLive({ integration: INTEGRATION, resources: RESOURCES }, open);
    }
    return {
      results: await db.query('select state, result, reason from tidemark.inbox order by seq'),
      entities: await db.query('select identifier, fields from tidemark.entity order by identifier'),
      claims: await db.query(
        `select resource, record_key, identifier, observed_at, base, owns, live from tidemark.claim
          order by resource, record_key, identifier`,
      ),
      tombstones: await db.query(
        'select resource, record_key, identifier, observed_at from tidemark.tombstone order by 1, 2, 3',
      ),
    };
  }

  it('do what they do one after another, and say so of each', async () => {
    let together = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(said, { maxLength: 5 }),
        fc.array(said, { minLength: 2, maxLength: 12 }),
        async (before, calls) => {
          const [first, changes] = [before.map(changeOf), calls.map(changeOf)];
          const numbered = changes.map((change, seq) => ({ seq, change }));
          together += independentGroups(numbered).filter((group) => group.length > 1).length;
          const oneByOne = await applied([...first, ...changes].map((change) => [change]));
          expect(await applied([...first.map((change) => [change]), changes])).toEqual(oneByOne);
        },
      ),
      { numRuns: 40 },
    );
    expect(together).toBeGreaterThan(20);
  }, 180_000);

  it('are apart as soon as they share a record or an entity', () => {
    const say = (record: number, identifier: string | null): LiveChange =>
      changeOf({ resource: 'thing', record, identifier, title: 'x', observed: 1 });
    const groups = (...changes: LiveChange[]) =>
      independentGroups(changes.map((change, seq) => ({ seq, change }))).map((group) => group.map(({ seq }) => seq));
    expect(groups(say(1, 'a'), say(2, 'b'), say(3, null))).toEqual([[0, 1, 2]]);
    expect(groups(say(1, 'a'), say(2, 'b'), say(1, null), say(4, 'd'))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(groups(say(1, 'a'), say(2, 'a'))).toEqual([[0], [1]]);
  });
});
