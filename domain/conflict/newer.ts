import type { Json } from '../json.ts';
import { canonicalJson } from '../json-equality.ts';
import type { FieldRuleName } from './field-rules.ts';
import type { IncomingSide, Side } from './sides.ts';

/**
 * NEWER keeps the local value only if it is strictly later (sync-semantics 7.4). At equal times the import wins, except
 * between peers, where both sides must come to the same end (sync-semantics 8.6).
 */
export function newer(local: Side, incoming: IncomingSide, peer: boolean): FieldRuleName {
  if (local.time === null) return 'local-time-missing';
  if (local.time > incoming.time) return 'local-later';
  if (local.time < incoming.time) return 'incoming-later';
  if (!peer) return 'same-time';
  return isGreater(incoming, local) ? 'peers-incoming' : 'peers-local';
}

/** By value, then by origin. The values' own texts are compared: as good an order as that of their hashes. */
function isGreater(a: Side, b: Side): boolean {
  const [valueA, valueB] = [textOf(a.value), textOf(b.value)];
  return valueA === valueB ? (a.origin ?? '') > (b.origin ?? '') : valueA > valueB;
}

const textOf = (value: Json | undefined): string => (value === undefined ? '' : canonicalJson(value));
