import type { FieldPath } from '../entity.ts';
import { fieldsOf } from './by-field.ts';
import { directivesFor } from './directives.ts';
import type { Policy } from './policy.ts';
import { resolutionFor } from './resolution-order.ts';

/** What `validate` warns about (sync-semantics 7.6, seed S2.18). */
export interface PolicyFindings {
  /** Fields that are mapped, and that no update could ever change. */
  readonly neverUpdated: readonly FieldPath[];
  /** Fields that the policy names and the mapping does not. */
  readonly unknownFields: readonly FieldPath[];
}

/**
 * Looks at a policy beside the fields that are mapped under it. `resolves`: a resolver is set; it may then decide about
 * any field, so none is out of reach. A strategy without updates is no oversight, and is not reported field by field.
 */
export function policyFindings(
  policy: Policy,
  { fields, resolves }: { readonly fields: readonly FieldPath[]; readonly resolves: boolean },
): PolicyFindings {
  const directives = directivesFor({ policy, answer: {}, resolved: resolves });
  const staysAsItIs = (field: FieldPath): boolean =>
    (['both', 'incoming'] as const).every((changed) => resolutionFor(directives, field, changed).applies === 'this');
  const reachable = resolves || !directives.strategy.includes('update');
  const named = [policy.resolution, policy.onConflict].flatMap((part) =>
    typeof part === 'object' && part !== null ? fieldsOf(part) : [],
  );
  return {
    neverUpdated: reachable ? [] : fields.filter(staysAsItIs),
    unknownFields: [...new Set(named)].filter((field) => !fields.includes(field)),
  };
}
