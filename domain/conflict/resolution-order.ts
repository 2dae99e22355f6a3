import type { FieldPath } from '../entity.ts';
import { valueAt } from './by-field.ts';
import type { Directives } from './directives.ts';
import type { Resolution, Resolutions } from './policy.ts';
import type { Changed } from './sides.ts';

/** `changed`: the side that changed the field stands. Only `onConflict` asks for it. */
export type AppliedResolution = Resolution | 'changed';

/** Which resolution applies to a field, and what said so. */
export interface ResolutionChoice {
  readonly applies: AppliedResolution;
  readonly saidBy: Voice['name'];
}

interface Voice {
  readonly name: 'onConflict' | 'resolution' | 'defaultResolution' | 'no-word' | 'no-policy';
  /** What it says about a field that these sides changed; undefined: nothing. */
  readonly says: (directives: Directives, field: FieldPath, changed: Changed) => AppliedResolution | undefined;
}

/**
 * Who is asked about a field, in this order; the first that says something is obeyed (sync-semantics 7.2, 7.6, 7.8).
 * `onConflict` speaks twice: first about conflicts alone, and where nobody else says a word, about the rest: what only
 * one side changed is no conflict, so that side stands.
 */
const VOICES: readonly Voice[] = [
  { name: 'onConflict', says: (d, field, changed) => (changed === 'both' ? word(d.onConflict, field) : undefined) },
  { name: 'resolution', says: (d, field) => word(d.resolution, field) },
  { name: 'defaultResolution', says: (d) => d.defaultResolution ?? undefined },
  { name: 'onConflict', says: (d, field) => (word(d.onConflict, field) === undefined ? undefined : 'changed') },
  { name: 'no-word', says: (d) => (d.selective ? 'this' : undefined) },
  { name: 'no-policy', says: () => 'other' },
];

export function resolutionFor(directives: Directives, field: FieldPath, changed: Changed): ResolutionChoice {
  for (const { name, says } of VOICES) {
    const applies = says(directives, field, changed);
    if (applies !== undefined) return { applies, saidBy: name };
  }
  throw new Error('the last voice always says something');
}

function word(resolutions: Resolutions | null, field: FieldPath): Resolution | undefined {
  return typeof resolutions === 'string' ? resolutions : valueAt(resolutions ?? {}, field);
}
