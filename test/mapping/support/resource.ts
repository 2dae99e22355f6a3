import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { RawRecord } from '../../../domain/json.ts';
import type { MappedResource } from '../../../mapping/resource-mapping.ts';

type Entity = MappedResource['entity'];

/** A resource that maps `id`, with what a test wants otherwise. */
export function resource({
  query = 'true',
  itemsToParse = null,
  ...entity
}: Partial<Entity> & { query?: string; itemsToParse?: string | null } = {}): MappedResource {
  const defaults: Entity = {
    identifier: 'id',
    blueprint: '"thing"',
    title: null,
    team: null,
    properties: {},
    relations: {},
    modifiedAt: null,
  };
  return { query, itemsToParse, entity: { ...defaults, ...entity } };
}

interface WebhookExamples {
  readonly name: string;
  readonly examples: readonly { readonly action?: string; readonly [record: string]: unknown }[];
}

/** A record of GitHub's own published example payloads: the first of that event and action. */
export function githubRecord(event: 'repository' | 'pull_request', action: string): RawRecord {
  const file = createRequire(import.meta.url).resolve('@octokit/webhooks-examples/api.github.com/index.json');
  const events: readonly WebhookExamples[] = JSON.parse(readFileSync(file, 'utf8'));
  const payload = events.find(({ name }) => name === event)?.examples.find((example) => example.action === action);
  return payload?.[event] as RawRecord;
}
