import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import type { JsonClient } from '../http/json-client.ts';

/** A blueprint as the configuration declares it, by its name. */
type Declared = readonly [name: string, blueprint: RawRecord];

/**
 * Makes the blueprints that Port lacks; what is there is somebody's own and left alone. A relation needs its target, so
 * targets come first; those that refer to each other in a circle get their relations when all are there.
 */
export async function makeBlueprints(
  client: JsonClient,
  declared: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  const absent: Declared[] = [];
  for (const [name, blueprint] of Object.entries(declared)) {
    if (!(await isThere(client, name, signal)))
      absent.push([name, isRawRecord(blueprint as Json) ? (blueprint as RawRecord) : {}]);
  }
  let waiting = absent;
  while (waiting.length > 0) {
    const names = new Set(waiting.map(([name]) => name));
    const ready = waiting.filter(([name, blueprint]) =>
      targets(blueprint).every((to) => to === name || !names.has(to)),
    );
    if (ready.length === 0) break;
    for (const [name, blueprint] of ready) await make(client, { name, blueprint, relations: true, signal });
    waiting = waiting.filter((each) => !ready.includes(each));
  }
  for (const [name, blueprint] of waiting) await make(client, { name, blueprint, relations: false, signal });
  for (const [name, blueprint] of waiting) {
    const path = `/blueprints/${encodeURIComponent(name)}`;
    const { status } = await client.send({
      method: 'PATCH',
      path,
      body: { relations: relationsOf(blueprint) },
      signal,
    });
    if (status >= 300) throw new DestinationError(`Port refused the relations of the blueprint ${name} with ${status}`);
  }
}

async function isThere(client: JsonClient, name: string, signal: AbortSignal): Promise<boolean> {
  const { status } = await client.send({ method: 'GET', path: `/blueprints/${encodeURIComponent(name)}`, signal });
  if (status === 200 || status === 404) return status === 200;
  throw new DestinationError(`Port answered ${status} when asked for the blueprint ${name}`);
}

interface Making {
  readonly name: string;
  readonly blueprint: RawRecord;
  readonly relations: boolean;
  readonly signal: AbortSignal;
}

async function make(client: JsonClient, { name, blueprint, relations, signal }: Making): Promise<void> {
  const body = {
    identifier: name,
    title: blueprint.title ?? name,
    ...(blueprint.description === undefined ? {} : { description: blueprint.description }),
    schema: { properties: blueprint.properties ?? {}, required: [] },
    relations: relations ? relationsOf(blueprint) : {},
  };
  const { status, body: said } = await client.send({ method: 'POST', path: '/blueprints', body, signal });
  // 409: another run was quicker.
  if (status < 300 || status === 409) return;
  const message = isRawRecord(said) && typeof said.message === 'string' ? `: ${client.safe(said.message)}` : '';
  throw new DestinationError(`Port refused the blueprint ${name} with ${status}${message}`);
}

function relationsOf({ relations }: RawRecord): RawRecord {
  const all = isRawRecord(relations) ? Object.entries(relations) : [];
  return Object.fromEntries(
    all.map(([name, relation]) => [name, { many: false, required: false, ...(relation as RawRecord) }]),
  );
}

const targets = ({ relations }: RawRecord): string[] =>
  isRawRecord(relations) ? Object.values(relations).map((relation) => String((relation as RawRecord).target)) : [];
