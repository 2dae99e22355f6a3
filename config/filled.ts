import type { Json } from '../domain/json.ts';
import type { ConfigurationContext } from './definitions.ts';
import { Display } from './display.ts';
import { type Finding, pathKey } from './problem.ts';
import { environmentDefaults, environmentSettings, type Setting } from './settings.ts';
import { substitute } from './substitution.ts';
import { keysAt, valueAt, withoutUnset, withValueAt } from './tree.ts';

/** A configuration with what the environment says of it. */
export interface Filled {
  /** What the schemas see. */
  readonly tree: Json;
  /** What messages may show of it. */
  readonly display: Display;
  readonly findings: readonly Finding[];
}

type Context = Pick<ConfigurationContext, 'env' | 'sources'>;

/** Environment settings over the file, the file over environment defaults, references replaced, unset keys left out. */
export function filled(raw: Json, context: Context): Filled {
  const environment = settingsFor(raw, context);
  const overridden = new Set(environment.settings.map(({ path }) => pathKey(path)));
  const substituted = substitute(raw, context.env, overridden);
  const file = withoutUnset(substituted.value);
  const defaults = environment.defaults.filter(
    ({ path }) => !overridden.has(pathKey(path)) && valueAt(file, path) === undefined,
  );
  const settings = [...environment.settings, ...defaults];
  return {
    tree: settings.reduce((all, { path, value }) => withValueAt(all, path, value), file),
    display: new Display(raw, substituted, settings),
    findings: [...environment.findings, ...substituted.findings],
  };
}

interface Environment {
  readonly settings: readonly Setting[];
  readonly defaults: readonly Setting[];
  readonly findings: readonly Finding[];
}

/** What the environment sets; known before anything is replaced, so that a replaced reference need not be there. */
function settingsFor(raw: Json, { env, sources }: Context): Environment {
  const { value } = substitute(raw, env, new Set());
  const ids = keysAt(value, ['integrations']);
  const each = ids.map((id) => {
    const type = valueAt(value, ['integrations', id, 'source', 'type']);
    const source = sources.find((known) => known.type === type);
    return environmentSettings(id, Object.keys(source?.settings.shape ?? {}), env);
  });
  return {
    settings: each.flatMap(({ settings }) => settings),
    defaults: ids.flatMap((id) => environmentDefaults(id, env)),
    findings: each.flatMap(({ findings }) => findings),
  };
}
