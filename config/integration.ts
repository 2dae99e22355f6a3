import { methodsOf } from '../domain/conflict/directives.ts';
import type { Integration, Resource } from './configuration.ts';
import type { PolicyInput } from './policy.ts';
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
      ...toPolicy({ ...input.policy, ...resource.policy }),
    })),
  };
}

type PolicyParts = Pick<Resource, 'strategy' | 'policy' | 'resolve'>;

function toPolicy({ resolve, ...policy }: PolicyInput): PolicyParts {
  const methods = methodsOf(policy.strategy);
  return {
    strategy: { create: methods.includes('create'), update: methods.includes('update') },
    policy,
    resolve: resolve ?? null,
  };
}

function toResource(
  input: ResourceInput,
  position: number,
  all: readonly ResourceInput[],
): Omit<Resource, keyof PolicyParts> {
  const { kind, entity, itemsToParse } = input;
  const { query, ...selector } = input.selector;
  const earlier = all.slice(0, position).filter((resource) => resource.kind === kind).length;
  return {
    key: earlier === 0 ? kind : `${kind}#${earlier + 1}`,
    position,
    kind,
    query,
    selector,
    entity: {
      ...entity,
      title: entity.title ?? null,
      team: entity.team ?? null,
      modifiedAt: entity.modifiedAt ?? null,
    },
    itemsToParse: itemsToParse ?? null,
  };
}
