import type { z } from 'zod';
import type { Blueprints } from '../domain/blueprint.ts';
import type { FieldPath } from '../domain/entity.ts';
import type { Json, RawRecord } from '../domain/json.ts';

/**
 * What the configuration must know of a source type to check its settings and selectors. A key with nothing after it
 * (`null`) is taken out before the schemas see it.
 */
export interface SourceDefinition {
  /** The word after `type:`. */
  readonly type: string;
  /**
   * The keys of `source:` besides `type`; strict, with defaults. `baseUrl` (or `url`) and `accessToken` can also be set by
   * the environment. A message of its own follows the key: `source.baseUrl: is not an http or https URL`.
   */
  readonly settings: z.ZodObject;
  /** Kinds and the selector fields of each, besides `query`; strict, with defaults. */
  readonly kinds: Readonly<Record<string, z.ZodObject>>;
  /**
   * Where the kinds are the user's own: those that the settings name, as they are written; `null`: any name. Absent: the
   * kinds are `kinds`.
   */
  readonly kindsOf?: (settings: Json) => Readonly<Record<string, z.ZodObject>> | null;
  /** What is filled in where the configuration says nothing. Absent: nothing. */
  readonly defaults?: SourceDefaults;
  /**
   * What is wrong that only the source's own code can tell, before anything runs: a module that is not there, a selector
   * that it does not take. Asked when a file is read and nothing else is wrong with it. Absent: the schemas say it all.
   */
  readonly verify?: (settings: Readonly<Record<string, unknown>>, about: AboutSource) => Promise<DefinitionMistake[]>;
}

/** Written as in a configuration. What the user has written of the same name is never touched. */
export interface SourceDefaults {
  /** By name; the targets of their relations are among them. */
  readonly blueprints: Readonly<Record<string, RawRecord>>;
  /** By kind: the `entity:` of a resource that has none. */
  readonly mappings: Readonly<Record<string, DefaultMapping>>;
}

export type DefaultMapping = RawRecord & { readonly blueprint: string };

export interface AboutSource {
  /** The folder of the configuration file. */
  readonly directory: string;
  /** In configuration order. */
  readonly resources: readonly ConfiguredResource[];
}

/** A resource as its source sees it. */
export interface ConfiguredResource {
  readonly kind: string;
  readonly selector: Readonly<Record<string, unknown>>;
}

/**
 * The path begins below what was asked about: below the integration (`resources`, 0, `kind`), or below the `entity:` of
 * a mapping.
 */
export interface DefinitionMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What the configuration must know of a destination type. */
export interface DestinationDefinition {
  readonly type: string;
  readonly settings: z.ZodObject;
  /** What of a mapping the destination could never hold. Absent: it holds any entity. */
  readonly refusals?: (mapped: MappedFields) => readonly DefinitionMistake[];
}

/** What a mapping makes, as far as that can be told before it runs. */
export interface MappedFields {
  readonly blueprint: string;
  readonly fields: readonly FieldPath[];
  readonly blueprints: Blueprints;
}

/** What is wrong with an expression; `position` is a character offset into its text, where known. */
export interface ExpressionProblem {
  readonly message: string;
  readonly position: number | null;
}

/** Passed in, so that the configuration can check expressions without knowing the engine. `null`: it compiles. */
export type CheckExpression = (text: string) => ExpressionProblem | null;

export interface ConfigurationContext {
  readonly sources: readonly SourceDefinition[];
  readonly destinations: readonly DestinationDefinition[];
  readonly checkExpression: CheckExpression;
  /** The folder of the configuration file: paths in it are relative to this. */
  readonly directory: string;
  /** The environment that `${env:NAME}` and `TIDEMARK__…` are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
