import { createHash } from 'node:crypto';
import { decide } from '../domain/conflict/decide.ts';
import type { Decision } from '../domain/conflict/decision.ts';
import { METHODS, type Policy, type ResolverResult } from '../domain/conflict/policy.ts';
import type { RecordPolicy } from '../domain/conflict/record-policy.ts';
import { type IncomingRecord, toVector, type Vector } from '../domain/conflict/vector.ts';
import { type FieldPath, type Fields, identityOf, parentOf } from '../domain/entity.ts';
import type { Json } from '../domain/json.ts';
import { canonicalJson, sameJson } from '../domain/json-equality.ts';
import type { Queryable } from './database.ts';
import { DecidedEntities, type HeldClaim } from './decided-entities.ts';
import { type DecidedRequest, readEntities, readRows, type StagedRow } from './decided-read.ts';
import { type DecidedRow, writeRows } from './decided-write.ts';
import { putIntoQuarantine } from './quarantine.ts';

/** The server takes a client that is silent for longer within a transaction for lost. */
const SILENCE_MS = 2_000;

/**
 * Writes a staged batch record by record, as the policy decides (sync-semantics 7): what is there is read, every record
 * decided in the order of the batch, and the outcome written by one statement. Within the caller's transaction, which
 * holds the blueprints' locks, so that nothing moves meanwhile. The counts mean what they mean for a plain batch.
 */
export async function writeDecided(tx: Queryable, request: DecidedRequest) {
  const rows = await readRows(tx, request);
  const entities = new DecidedEntities(await readEntities(tx, request), request);
  const decided: DecidedRow[] = [];
  const scope = { ...request, left: new Set<string>() };
  let spokeAt = performance.now();
  for (const row of rows) {
    const each = row.isOutdated ? ({ row, outcome: 'outdated' } as const) : await decideRow(entities, row, scope);
    if (each.outcome === 'skipped' || each.outcome === 'quarantined') scope.left.add(identityOf(row));
    decided.push(each);
    if (performance.now() - spokeAt < SILENCE_MS) continue;
    await tx.query('select 1');
    spokeAt = performance.now();
  }
  await writeRows(tx, request, { decided, entities });
  const { batch, integration, epoch } = request;
  const quarantined = decided.flatMap((each) => ('rejected' in each ? [each.rejected] : []));
  if (quarantined.length > 0) {
    await putIntoQuarantine(tx, { integration, epoch }, { kind: batch.kind, resource: batch.resource, quarantined });
  }
  const warnings = decided.flatMap((each) => ('decision' in each ? each.decision.warnings : []));
  return {
    ...counted(decided, entities, request),
    quarantined: quarantined.length,
    warnings: [...new Set(warnings.map(({ text }) => text))],
  };
}

interface Deciding extends DecidedRequest {
  /** Entities of this batch that the strategy skipped, or whose resolver threw. */
  readonly left: ReadonlySet<string>;
}

const NOTHING: Policy = { strategy: [] };

/** What is left alone is left alone with its components (sync-semantics 7.1, 7.7). Records come before their components. */
async function decideRow(entities: DecidedEntities, row: StagedRow, request: Deciding): Promise<DecidedRow> {
  const claim = entities.claimOf(row);
  const content = contentOf(row, claim);
  const vector = toVector({
    integration: request.integration,
    kind: request.batch.kind,
    blueprint: row.blueprint,
    identifier: row.identifier,
    local: entities.recordOf(row),
    incoming: incomingOf(row, content.since),
    base: claim && baseOf(claim),
    asserted: claim?.base ?? ({} as Fields),
    others: entities.othersOf(row),
    peer: request.policy.peer,
    raw: row.raw,
  });
  const parent = row.component === undefined ? null : parentOf(row.fields);
  if (parent !== null && request.left.has(identityOf(parent))) {
    const decision = decide(vector, NOTHING, null);
    return { row, outcome: 'skipped', decision, isUnknown: vector.local === null };
  }
  const answer = await answerOf(vector, request.policy);
  if ('reason' in answer) return { row, outcome: 'quarantined', rejected: rejection(row, answer.reason) };
  const decision = decide(vector, policyOf(row, request), request.policy.resolve === null ? null : answer);
  if (decision.action === 'skip') {
    return { row, outcome: 'skipped', decision, isUnknown: vector.local === null };
  }
  const base = assertedAfter(decision, row, claim);
  entities.write(row, { record: decision.record, base, conflictBase: decision.base });
  return { row, outcome: decision.action, decision, base, content };
}

/** A component has a strategy of its own. */
function policyOf({ component }: StagedRow, { policy: { policy }, batch }: DecidedRequest): Policy {
  const strategy = component === undefined ? undefined : batch.strategy.components?.[component];
  return strategy === undefined ? policy : { ...policy, strategy: METHODS.filter((method) => strategy[method]) };
}

/** What the resolver answers; `reason`: it threw. */
async function answerOf(
  vector: Vector,
  { resolve }: RecordPolicy,
): Promise<ResolverResult | { readonly reason: string }> {
  try {
    return { answer: await resolve?.(vector) };
  } catch (error) {
    return { reason: `the resolver failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const rejection = ({ recordKey, observedAt, raw }: StagedRow, reason: string) => {
  return { recordKey, stage: 'resolve', reason, raw: JSON.stringify(raw), observedAt };
};

const incomingOf = ({ fields, failed, modifiedAt, times }: StagedRow, firstObservedAt: string): IncomingRecord => {
  return { fields, failed: failed as FieldPath[], modifiedAt, times: times ?? {}, firstObservedAt };
};

/** A claim of a plain policy writes all that it says. */
const baseOf = ({ base, conflictBase }: HeldClaim) => conflictBase ?? { fields: base, times: {} };

/** What is merged with other claims: a field whose expression failed is as it was (sync-semantics 1.5). */
function assertedAfter({ asserted }: Decision, { failed }: StagedRow, claim: HeldClaim | null): Fields {
  const kept = Object.entries(claim?.base ?? {}).filter(([field]) => failed.includes(field));
  return { ...asserted, ...Object.fromEntries(kept) };
}

/** What the record says, and since when it has been seen to say so (sync-semantics 7.4). */
function contentOf({ fields, observedTime }: StagedRow, claim: HeldClaim | null): { hash: string; since: string } {
  const hash = createHash('md5')
    .update(canonicalJson(fields as Json))
    .digest('hex');
  if (claim?.contentHash === hash && claim.contentSince !== null) return { hash, since: claim.contentSince };
  // A plain policy noted no such time: then when it was last seen.
  const isAsWritten = claim?.contentHash === null && sameJson(claim.base as Json, fields as Json);
  return { hash, since: isAsWritten ? claim.observedAt : observedTime };
}

/** A record that this run has seen already, or that changed nothing beside one that did, is none of them. */
function counted(decided: readonly DecidedRow[], entities: DecidedEntities, request: DecidedRequest) {
  const { live, seenEpoch, batch } = request;
  const isDuplicate = ({ row }: DecidedRow): boolean => !live && row.seenEpoch === seenEpoch;
  const stayed = decided.filter(({ row, outcome }) => outcome !== 'outdated' && !entities.hasChanged(row));
  const isDecided = ({ outcome }: DecidedRow): boolean => outcome !== 'skipped' && outcome !== 'quarantined';
  return {
    created: entities.created,
    updated: entities.updated,
    unchanged: stayed.filter((each) => isDecided(each) && !isDuplicate(each)).length,
    skipped: decided.filter((each) => each.outcome === 'skipped' && !isDuplicate(each)).length,
    outdated: decided.filter(({ outcome }) => outcome === 'outdated').length,
    duplicates: batch.entities.length - decided.length + stayed.filter(isDuplicate).length,
  };
}
