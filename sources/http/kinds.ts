import type { CompiledExpression, ExpressionEngine } from './engine.ts';
import type { KindSettings } from './kind-settings.ts';
import { type PagingStyle, pagingStyle } from './paging.ts';
import { fieldsOf, isTemplate } from './template.ts';

/** A kind, ready to be read. */
export interface Kind {
  readonly name: string;
  readonly settings: KindSettings;
  readonly parent: ParentKind | null;
  readonly paging: PagingStyle;
  /** `null`: the answer itself. */
  readonly items: CompiledExpression | null;
  readonly item: CompiledExpression | null;
  /** `null`: the API has no key of its own. */
  readonly recordKey: CompiledExpression | null;
  readonly modified: CompiledExpression | null;
}

export interface ParentKind {
  readonly kind: Kind;
  /** The key of each record for what is known of its parent; `null`: it is left out. */
  readonly as: string | null;
  /** The fields of the parent that the path and the parameters are filled with. */
  readonly fields: readonly string[];
}

/** Compiles the kinds of settings that were checked: parents are there and go round in no circle. */
export function compileKinds(
  settings: Readonly<Record<string, KindSettings>>,
  engine: ExpressionEngine,
): ReadonlyMap<string, Kind> {
  const kinds = new Map<string, Kind>();
  const kindOf = (name: string): Kind => {
    const known = kinds.get(name) ?? compileKind(name, settings[name] as KindSettings, { engine, kindOf });
    kinds.set(name, known);
    return known;
  };
  for (const name of Object.keys(settings)) kindOf(name);
  return kinds;
}

interface Others {
  readonly engine: ExpressionEngine;
  readonly kindOf: (name: string) => Kind;
}

function compileKind(name: string, settings: KindSettings, { engine, kindOf }: Others): Kind {
  const { parent } = settings;
  const compiled = (text: string | undefined): CompiledExpression | null =>
    text === undefined ? null : engine.compile(text);
  return {
    name,
    settings,
    parent:
      parent === undefined
        ? null
        : { kind: kindOf(parent.kind), as: parent.as ?? null, fields: parentFieldsOf(settings) },
    paging: pagingStyle(settings.paging, engine),
    items: compiled(settings.items),
    item: compiled(settings.item),
    recordKey: compiled(settings.recordKey),
    modified: compiled(settings.modified),
  };
}

function parentFieldsOf({ path, query }: KindSettings): string[] {
  return [...new Set([path, ...Object.values(query).filter(isTemplate)].flatMap(fieldsOf))];
}
