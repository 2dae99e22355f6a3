import type { z } from 'zod';
import type { ConfiguredResource, DefinitionMistake } from '../../config/definitions.ts';
import { SourceError } from '../../domain/errors.ts';
import type { IntegrationDefinition } from './definition.ts';

type Listeners = IntegrationDefinition<object>['listeners'];

/** The listeners of a kind, specific and generic ones. Throws `SourceError` when there is none. */
export function listenersOf({ listeners }: IntegrationDefinition<object>, kind: string): Listeners {
  const own = listeners.filter((listener) => listener.kind === kind || listener.kind === null);
  if (own.length > 0) return own;
  const known = [...new Set(listeners.map((listener) => listener.kind))].join(', ') || 'none';
  throw new SourceError(`the module has no listener for the kind ${kind}; it has: ${known}`);
}

/** What is wrong between a module and the resources that are configured for it (seed S3.11). */
export function kindMistakes(
  definition: IntegrationDefinition<object>,
  resources: readonly ConfiguredResource[],
): DefinitionMistake[] {
  return [
    ...uselessLookups(definition),
    ...uselessResolvers(definition),
    ...resources.flatMap(({ kind, selector }, index) => {
      const path = ['resources', index];
      try {
        return listenersOf(definition, kind).flatMap(({ options }) =>
          options.selector === undefined ? [] : selectorMistakes([...path, 'selector'], options.selector, selector),
        );
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        return [{ path: [...path, 'kind'], message: error.message }];
      }
    }),
  ];
}

/** A lookup finds a record by its key. */
function uselessLookups({ lookups, listeners }: IntegrationDefinition<object>): DefinitionMistake[] {
  const keyed = new Set(listeners.flatMap(({ kind, options }) => (options.recordKey === undefined ? [] : [kind])));
  const useless = [...lookups.keys()].filter((kind) => !keyed.has(kind));
  return useless.map((kind) => ({
    path: ['source', 'module'],
    message: `the lookup of ${kind} would never be called: no listener of ${kind} names a recordKey`,
  }));
}

/** A resolver is called for records that a listener reads. */
function uselessResolvers({ resolvers, listeners }: IntegrationDefinition<object>): DefinitionMistake[] {
  const kinds = new Set(listeners.map(({ kind }) => kind));
  const useless = kinds.has(null) ? [] : [...resolvers.keys()].filter((kind) => kind !== null && !kinds.has(kind));
  return useless.map((kind) => ({
    path: ['source', 'module'],
    message: `syncResolve of ${kind} would never be called: no listener reads ${kind}; there are listeners for ${[...kinds].join(', ') || 'nothing'}`,
  }));
}

function selectorMistakes(
  path: DefinitionMistake['path'],
  schema: z.ZodObject,
  selector: ConfiguredResource['selector'],
): DefinitionMistake[] {
  const issues = schema.safeParse(selector).error?.issues ?? [];
  return issues.map((issue) => ({ path: [...path, ...(issue.path as (string | number)[])], message: issue.message }));
}
