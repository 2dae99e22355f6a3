import { UsageError } from '../../domain/errors.ts';
import type { IntegrationDefinition, Settings } from './definition.ts';
import { thrownText, words } from './rows.ts';

/** What listeners, lookups, hooks and the others are given by Tidemark itself. */
const OWN_NAMES =
  'body client config cursor event key kind log payload query runId selector signal since sync trigger'.split(' ');

/**
 * Calls the module's set-up. Throws `UsageError` when it throws, returns what cannot be given to listeners, or uses a name
 * that Tidemark gives itself: one of the two would be lost.
 */
export function setUp(
  definition: IntegrationDefinition<object>,
  values: Readonly<Record<string, unknown>>,
): { readonly context: object; readonly config: Settings } {
  const config = settingsOf(values);
  const failed = (why: string): UsageError => new UsageError(`the set-up of the module ${definition.name} ${why}`);
  let context: unknown;
  try {
    context = definition.setUp({ config });
  } catch (error) {
    throw failed(`failed: ${thrownText(error)}`);
  }
  if (typeof context !== 'object' || context === null || context instanceof Promise) {
    throw failed(`must return an object, at once, with what listeners are given; it returned ${words(context)}`);
  }
  const taken = Object.keys(context).filter((name) => OWN_NAMES.includes(name));
  if (taken.length === 0) return { context, config };
  throw failed(`returns \`${taken.join('`, `')}\`, which Tidemark gives listeners itself; choose another name`);
}

function settingsOf(values: Readonly<Record<string, unknown>>): Settings {
  return {
    get(key: string, standard?: unknown) {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      return value === undefined || value === null || value === '' ? standard : value;
    },
  } as Settings;
}
