import type { Database } from '../catalog/database.ts';
import type { Integration, Resource } from '../config/configuration.ts';
import type { Destination } from '../destinations/destination.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import type { Source } from '../sources/source.ts';
import type { HandOver } from './hand-over.ts';
import type { ReadingSessions } from './reading-sessions.ts';

/** An integration's configuration with the parts that it names, ready to work. */
export interface Pipeline {
  readonly integration: Integration;
  readonly source: Source;
  readonly destination: Destination;
  /** The mapping of each resource, by its key. */
  readonly mappings: ReadonlyMap<string, ResourceMapping>;
}

export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

export interface ActivityDependencies {
  readonly db: Database;
  /** Builds (or finds) the pipeline of a stored configuration. Throws `UsageError` when it does not hold here. */
  readonly pipeline: (configVersion: number) => Promise<Pipeline>;
  /** Triggers a resync for a schedule, as `client/` does for others; the same trigger (a UUID) twice is one. */
  readonly scheduled: (integration: string, trigger: string) => Promise<unknown>;
  readonly log: Log;
  /** Readings of sources without cursors, held by this process. */
  readonly sessions: ReadingSessions;
  /** Pages that this process has fetched and not mapped yet. */
  readonly handOver: HandOver;
  /** A probe at start-up found Tidemark's search attributes: an unknown one would block a workflow for ever. */
  readonly searchAttributes: boolean;
}

/** The resource of that key. A run's resources are those of the configuration that it pinned. */
export function resourceOf({ integration }: Pipeline, key: string): Resource {
  const resource = integration.resources.find((candidate) => candidate.key === key);
  if (!resource) throw new Error(`${integration.id} has no resource ${key}`);
  return resource;
}

export const resourceKeys = ({ resources }: Integration): string[] => resources.map((resource) => resource.key);
