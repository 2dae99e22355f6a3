import type { Integration, Resource } from '../config/configuration.ts';
import type { RecordPolicy } from '../domain/conflict/record-policy.ts';
import { resolverView } from '../domain/conflict/resolver-view.ts';
import type { Vector } from '../domain/conflict/vector.ts';
import { compile } from '../mapping/expression.ts';
import type { Source } from '../sources/source.ts';

/** A resolver is called while the entities' blueprints are locked: one that hangs must not hold everybody up. */
const RESOLVER_LIMIT_MS = 5_000;

/**
 * The policies of an integration's resources, by key; those that have nothing but a strategy are left out, unless their
 * records tell when they were modified: such times are kept with the entities (sync-semantics 7.10).
 */
export function recordPolicies({ resources }: Integration, source: Source): ReadonlyMap<string, RecordPolicy> {
  return new Map(
    resources.flatMap((resource): [string, RecordPolicy][] => {
      const { key, policy, entity } = resource;
      const { strategy: _, ...rules } = policy;
      const resolve = resolverOf(resource, source);
      const isPlain = Object.keys(rules).length === 0 && resolve === null && entity.modifiedAt === null;
      return isPlain ? [] : [[key, { policy, resolve }]];
    }),
  );
}

/** What the file says counts in place of what the listener module does (sync-semantics 7.7). */
function resolverOf({ kind, resolve }: Resource, source: Source): RecordPolicy['resolve'] {
  if (resolve !== null) {
    const expression = compile(resolve);
    return async (vector) => expression.evaluate(resolverView(vector));
  }
  const coded = source.resolver?.(kind) ?? null;
  return coded && ((vector: Vector) => inTime(Promise.resolve().then(() => coded(resolverView(vector)))));
}

async function inTime(answer: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    const text = `took longer than ${RESOLVER_LIMIT_MS / 1000} s`;
    timer = setTimeout(() => reject(new Error(text)), RESOLVER_LIMIT_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
