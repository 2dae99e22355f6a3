import { z } from 'zod';
import { SCOPE_PREFIX } from '../domain/call.ts';
import { isRawRecord, type Json } from '../domain/json.ts';
import type { ConfigurationContext, DestinationDefinition, SourceDefinition } from './definitions.ts';
import type { Display } from './display.ts';
import type { Finding, Path } from './problem.ts';
import { DEFAULT_DESTINATION } from './schema.ts';
import { choice } from './suggestion.ts';
import { valueAt } from './tree.ts';

/** Finds what a configuration names: the types of source and destination, and the kinds. */
export class NamedParts {
  readonly findings: Finding[] = [];
  readonly #tree: Json;
  readonly #display: Display;
  readonly #context: ConfigurationContext;

  constructor(tree: Json, display: Display, context: ConfigurationContext) {
    this.#tree = tree;
    this.#display = display;
    this.#context = context;
  }

  /** `null`: not known, and reported. */
  source(integration: Path): SourceDefinition | null {
    const path = [...integration, 'source', 'type'];
    const known = this.#context.sources.map(({ type }) => type);
    const type = this.#nameAt(path, { what: 'source type', known });
    return this.#context.sources.find((source) => source.type === type) ?? null;
  }

  destination(integration: Path): DestinationDefinition | null {
    const path = [...integration, 'destination', 'type'];
    const known = this.#context.destinations.map(({ type }) => type);
    const isNamed = valueAt(this.#tree, path) !== undefined;
    const type = isNamed ? this.#nameAt(path, { what: 'destination type', known }) : DEFAULT_DESTINATION;
    return this.#context.destinations.find((destination) => destination.type === type) ?? null;
  }

  kind(
    resource: Path,
    source: SourceDefinition | null,
  ): { name: string; selector: SourceDefinition['settings'] } | null {
    if (source === null) return null;
    const path = [...resource, 'kind'];
    const settings = valueAt(this.#tree, [...resource.slice(0, 2), 'source']) ?? null;
    const kinds = source.kindsOf === undefined ? source.kinds : source.kindsOf(settings);
    if (kinds === null) return this.#anyKind(path);
    const name = this.#nameAt(path, { what: 'kind', known: Object.keys(kinds) });
    const selector = name === null ? undefined : kinds[name];
    return name === null || selector === undefined ? null : { name, selector };
  }

  #anyKind(path: Path): { name: string; selector: SourceDefinition['settings'] } | null {
    const name = valueAt(this.#tree, path);
    const isName = typeof name === 'string' && name !== '' && !name.startsWith(SCOPE_PREFIX);
    if (isName) return { name, selector: z.looseObject({}) };
    if (!this.#display.isUnfilled(path)) {
      const message = `must be the name of a kind, not beginning with ${SCOPE_PREFIX}`;
      this.findings.push({ path, at: 'value', message, offset: null });
    }
    return null;
  }

  /** The name at `path` when it is one of those known; else `null`, and a finding unless the map itself is missing. */
  #nameAt(path: Path, { what, known }: { what: string; known: readonly string[] }) {
    const name = valueAt(this.#tree, path);
    if (typeof name === 'string' && known.includes(name)) return name;
    if (!isRawRecord(valueAt(this.#tree, path.slice(0, -1))) || this.#display.isUnfilled(path)) return null;
    const all = known.join(', ');
    const shown = this.#display.shown(path);
    const plain = this.#display.plain(path);
    let message = `must be one of: ${all}, not ${shown}`;
    if (name === undefined) message = `is missing; one of: ${all}`;
    else if (plain !== null) message = `unknown ${what} ${shown}; ${choice(plain, known)}`;
    this.findings.push({ path, at: 'value', message, offset: null });
    return null;
  }
}
