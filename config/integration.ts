import type { Strategy } from '../domain/strategy.ts';
import type { Integration, Resource } from './configuration.ts';
import type { IntegrationInput, ResourceInput } from './schema.ts';

/** The parsed entry of an integration in the shape that the other parts work with. */
export function toIntegration(id: string, input: IntegrationInput, resources: readonly ResourceInput[]): Integration {
  const { cancelDeadline, concurrency, onTrigger, starvationGuard, checkpointOverlap, deletes } = input;
  const { type: sourceType, ...sourceSettings } = input.source;
  const { type: destinationType, ...destinationSettings } = input.destination;
  return {
    id,
    source: { type: sourceType, settings: sourceSettings },
    destination: { type: destinationType, settings: destinationSettings },
    cancelDeadline,
    concurrency,
    scheduledResyncInterval: input.scheduledResyncInterval ?? null,
    onTrigger,
    starvationGuard,
    checkpointOverlap,
    deletes: { ...deletes, maxCount: deletes.maxCount ?? null },
    resources: resources.map((resource, position) => ({
      ...toResource(resource, position, resources),
      strategy: strategyOf(resource.policy?.strategy ?? input.policy?.strategy ?? ['create', 'update']),
    })),
  };
}

function strategyOf(methods: readonly ('create' | 'update')[]): Strategy {
  return { create: methods.includes('create'), update: methods.includes('update') };
}

function toResource(input: ResourceInput, position: number, all: readonly ResourceInput[]): Omit<Resource, 'strategy'> {
  const { kind, entity, itemsToParse } = input;
  const { query, ...selector } = input.selector;
  const earlier = all.slice(0, position).filter((resource) => resource.kind === kind).length;
  return {
    key: earlier === 0 ? kind : `${kind}#${earlier + 1}`,
    position,
    kind,
    query,
    selector,
    entity: { ...entity, title: entity.title ?? null, team: entity.team ?? null },
    itemsToParse: itemsToParse ?? null,
  };
}
