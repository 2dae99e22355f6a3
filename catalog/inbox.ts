import { randomUUID } from 'node:crypto';
import type { Call, CallCounts, CallReport, CallState } from '../domain/call.ts';
import { UsageError } from '../domain/errors.ts';
import { storableText } from '../domain/text.ts';
import type { Queryable } from './database.ts';
import { rfc3339 } from './time.ts';

export interface NewCall {
  readonly integration: string;
  readonly origin: 'ui' | 'api' | 'cli' | 'sdk' | 'webhook';
  /** The source's own id of an event; `null`: a call. */
  readonly delivery: string | null;
  readonly call: Call;
}

/** A call as it is stored, not yet accepted. */
export interface InboxRow {
  readonly id: string;
  readonly integration: string;
  readonly origin: NewCall['origin'];
  readonly delivery: string | null;
  readonly type: Call['type'];
  /** The call as JSON. */
  readonly call: string;
}

/** Throws `UsageError` for what is nested too deeply to be written down. */
export function toInboxRow({ call, ...rest }: NewCall): InboxRow {
  return { id: randomUUID(), ...rest, type: call.type, call: textOf(call) };
}

/**
 * Accepts calls: they are committed when this returns, in this order (sync-semantics 6.1). Returns their ids: an event
 * that is delivered again keeps its id and its first receipt.
 */
export async function acceptCalls(db: Queryable, rows: readonly InboxRow[]): Promise<string[]> {
  const accepted = await db.query<{ id: string }>(
    `insert into tidemark.inbox (id, integration, origin, delivery, type, call)
     select id, integration, origin, delivery, type, call
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         with ordinality as a (id, integration, origin, delivery, type, call, ordinal)
      order by ordinal
     on conflict (integration, delivery) do nothing returning id`,
    (['id', 'integration', 'origin', 'delivery', 'type', 'call'] as const).map((name) => rows.map((row) => row[name])),
  );
  const isAccepted = new Set(accepted.map(({ id }) => id));
  const again = rows.filter(({ id }) => !isAccepted.has(id));
  const first = again.length > 0 ? await firstReceipts(db, again) : new Map<string, string>();
  return rows.map(({ id, integration, delivery }) => first.get(`${integration} ${delivery}`) ?? id);
}

/** The ids of events that were delivered before, by integration and delivery: by others, or by the same statement. */
async function firstReceipts(
  db: Queryable,
  again: readonly { readonly integration: string; readonly delivery: string | null }[],
): Promise<Map<string, string>> {
  const known = await db.query<{ id: string; integration: string; delivery: string }>(
    `select id, integration, delivery from tidemark.inbox
      where (integration, delivery) in (select * from unnest($1::text[], $2::text[]))`,
    [again.map(({ integration }) => integration), again.map(({ delivery }) => delivery)],
  );
  return new Map(known.map(({ id, integration, delivery }) => [`${integration} ${delivery}`, id]));
}

function textOf(call: Call): string {
  try {
    return JSON.stringify(call);
  } catch (error) {
    // JSON.parse can read what JSON.stringify cannot walk.
    if (error instanceof RangeError) throw new UsageError('what was sent is nested too deeply');
    throw error;
  }
}

export async function readCall(db: Queryable, id: string): Promise<CallReport | null> {
  const [row] = await db.query<CallReport>(
    `select id as call, integration, state, result, reason, ${rfc3339('received_at')} as "receivedAt",
            ${rfc3339('applied_at')} as "appliedAt"
       from tidemark.inbox where id = $1`,
    [id],
  );
  return row ?? null;
}

export interface WaitingCall {
  readonly seq: number;
  readonly call: Call;
  /** When it was first received, in full precision: what it says was observed then (sync-semantics 6.2). */
  readonly observedAt: string;
}

/** Characters of calls that are taken up together, unless one alone has more. */
const MAX_LENGTH = 8_000_000;

/** The next calls of an integration, in order of receipt, and whether there are more; a run carries out a `sync`. */
export async function waitingCalls(
  db: Queryable,
  integration: string,
  limit: number,
): Promise<{ readonly calls: WaitingCall[]; readonly more: boolean }> {
  const rows = await db.query<{ seq: number; call: string | null; observedAt: string }>(
    `select seq, case when total <= $3 or total = own then call end as call, received_at::text as "observedAt"
       from (
         select *, length(call) as own, sum(length(call)) over (order by seq) as total
           from (
             select * from tidemark.inbox
              where integration = $1 and state = 'waiting' and type <> 'sync' order by seq limit $2
           ) next
       ) measured
      order by seq`,
    [integration, limit, MAX_LENGTH],
  );
  const calls = rows.flatMap(({ call, ...row }) => (call === null ? [] : [{ ...row, call: JSON.parse(call) }]));
  return { calls, more: calls.length < rows.length || rows.length === limit };
}

/** Integrations whose calls wait longer than so many seconds: the wake-up may have been lost. */
export async function forgottenInboxes(db: Queryable, olderThanSeconds: number): Promise<string[]> {
  const rows = await db.query<{ integration: string }>(
    `select distinct integration from tidemark.inbox
      where state = 'waiting' and type <> 'sync' and received_at < clock_timestamp() - make_interval(secs => $1)`,
    [olderThanSeconds],
  );
  return rows.map(({ integration }) => integration);
}

/** Takes those of the calls that wait for this transaction; the others are settled already. */
export async function lockCalls(tx: Queryable, seqs: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await tx.query<{ seq: number }>(
    `select seq from tidemark.inbox where seq = any ($1) and state = 'waiting' order by seq for update`,
    [seqs],
  );
  return new Set(rows.map(({ seq }) => seq));
}

export interface Settlement {
  readonly state: Exclude<CallState, 'waiting'>;
  readonly result: CallCounts | null;
  readonly reason: string | null;
}

/** Notes what became of a call, and drops its rows. One that another attempt has settled is left alone. */
export async function settleCall(db: Queryable, seq: number, { state, result, reason }: Settlement): Promise<void> {
  await db.query(
    `update tidemark.inbox
        set state = $2, result = $3, reason = $4, call = null, applied_at = clock_timestamp()
      where seq = $1 and state = 'waiting'`,
    [seq, state, result && JSON.stringify(result), reason && storableText(reason)],
  );
}

/** Forgets calls that were settled a week ago: until then an event that is delivered again is known. */
export async function forgetSettled(db: Queryable): Promise<void> {
  await db.query(
    `delete from tidemark.inbox i where applied_at < clock_timestamp() - interval '7 days'
        and not exists (select from tidemark.trigger t where t.call = i.id)
        and not exists (select from tidemark.run r where r.call = i.id)`,
  );
}
