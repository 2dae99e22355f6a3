import type { FieldPath } from '../entity.ts';
import { directivesFor } from './directives.ts';
import type { Policy } from './policy.ts';
import { resolutionFor } from './resolution-order.ts';

/**
 * Fields that are mapped, and that no update could ever change: `validate` warns about them (sync-semantics 7.6).
 * `resolves`: a resolver is set; it may then decide about any field, so none is out of reach. A strategy without updates
 * is no oversight, and is not reported field by field.
 */
export function neverUpdated(
  policy: Policy,
  { fields, resolves }: { readonly fields: readonly FieldPath[]; readonly resolves: boolean },
): FieldPath[] {
  const directives = directivesFor({ policy, answer: {}, resolved: resolves });
  if (resolves || !directives.strategy.includes('update')) return [];
  return fields.filter((field) =>
    (['both', 'incoming'] as const).every((changed) => resolutionFor(directives, field, changed).applies === 'this'),
  );
}
