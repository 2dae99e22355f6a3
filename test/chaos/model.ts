import type { Configuration, Kind, Log, Raw, Run, Write } from './events.ts';

/*
 * The chaos test's judge. It knows the promises, the source's own log and the destination's own log, and neither tables
 * nor code of what it judges.
 */

const BLUEPRINTS = { organization: 'organization', repository: 'repository', 'pull-request': 'pullRequest' } as const;

/** What the mapping makes of a record, by the test's own words for it: entity, and fields by path. */
function map(kind: Kind, raw: Raw, { variant, number }: Configuration): { entity: string; fields: Raw } {
  // biome-ignore lint/suspicious/noExplicitAny: raw records are JSON of a stranger.
  const record = raw as any;
  const fixed = { 'properties.mapping': number };
  const to = (id: string, fields: Raw) => ({ entity: `${BLUEPRINTS[kind]} ${id}`, fields: { ...fixed, ...fields } });
  if (kind === 'organization') return to(record.login, { title: record.login, 'properties.url': record.url });
  if (kind === 'pull-request') {
    const repository = record.base.repo.full_name;
    const fields = { title: record.title, 'properties.state': record.state, 'relations.repository': repository };
    return to(`${repository}#${record.number}`, fields);
  }
  const { name, full_name, language, topics, owner } = record;
  const id = variant === 'renamed' ? `${full_name}@2` : full_name;
  const relation = { 'relations.organization': owner.login };
  if (variant === 'decorated') return to(id, { title: `repository ${name}`, ...relation });
  return to(id, { title: name, 'properties.language': language, 'properties.topics': topics, ...relation });
}

const kindOf = (entity: string): Kind =>
  (Object.keys(BLUEPRINTS) as Kind[]).find((kind) => entity.startsWith(`${BLUEPRINTS[kind]} `)) as Kind;

/** Every promise that the logs show broken, in words. */
export function violations(log: Log): string[] {
  const lost = log.triggers.filter((id) => !log.runs.some((run) => run.triggers.includes(id) && isEnd(run.outcome)));
  return [
    ...log.writes.flatMap((write) => wrongWrite(log, write)),
    ...log.runs.flatMap((run) => untrue(log, run)),
    ...lost.map((id) => `trigger ${id} was accepted, and no finished run covers it`),
    ...differences(log),
  ];
}

const isEnd = (outcome: string): boolean => outcome !== 'aborted' && outcome !== 'running';

function wrongWrite(log: Log, write: Write): string[] {
  const run = log.runs.find(({ epoch }) => epoch === write.epoch);
  const what = `${write.fields ? 'write' : 'delete'} of ${write.entity} by epoch ${write.epoch}`;
  if (!run) return [`${what}, which is no run`];
  if (write.newest > run.epoch) return [`${what} was committed after epoch ${write.newest} had begun`];
  const why = write.fields === null ? whyNotDelete(log, run, write) : null;
  return why === null ? [] : [`${what}: ${why}`];
}

/** A delete needs the source's word, given since its run began, on every record that maps to the entity. */
function whyNotDelete(log: Log, run: Run, { at, entity }: Write): string | null {
  const { configuration, begun } = run;
  const kind = kindOf(entity);
  if (!configuration.kinds.includes(kind)) {
    return configuration.removed === 'delete' && run.scope === null
      ? null
      : 'its resource was removed, held by default';
  }
  if (run.scope !== null && !run.scope.includes(kind)) return 'its kind was not to be read';
  const within = (event: { readonly at: number }): boolean => event.at >= begun && event.at <= at;
  const answers = log.answers.filter((answer) => answer.kind === kind && answer.truth !== 'fault' && within(answer));
  const listed = answers.filter(({ form }) => form !== 'lookup');
  if (configuration.emptySource === 'hold' && !listed.some(({ records }) => records.size > 0))
    return 'nothing of its kind was listed, so it was to be held';
  const maps = (record: Raw | null | undefined): boolean =>
    !!record && map(kind, record, configuration).entity === entity;
  const still = log.states.some((state) => within({ at: state.at + 2 }) || within({ at: state.at - 2 })) === false;
  const truthful = !log.answers.some((answer) => answer.truth === 'lie' && within(answer));
  for (const key of new Set(log.states.filter((state) => state.kind === kind).map((state) => state.key))) {
    const states = log.states.filter((state) => state.key === key && state.at <= at);
    const during = states.filter((_, index) => (states[index + 1]?.at ?? at) >= begun);
    if (!during.some(({ record }) => maps(record))) continue;
    const said = answers.filter(({ form, records }) => form === 'lookup' && records.has(key));
    if (said.some(({ records }) => !maps(records.get(key)))) continue;
    if (said.length > 0) return `the source answered that it holds ${key}`;
    const steady = during.every(({ record }) => maps(record)) && (during[0]?.at ?? at) <= begun;
    if (steady && listed.some(({ records }) => maps(records.get(key)))) return `${key} was listed and never gone`;
    if (steady && still && truthful) return `${key} was there all the time, and the lists stood still`;
    if (listed.filter(({ form }) => form === 'opening').length < 2) return `${key} did not get a second look`;
  }
  return null;
}

/** What a run says of itself must be so. */
function untrue({ writes, answers }: Log, run: Run): string[] {
  const says = `run ${run.epoch} says ${run.outcome}`;
  const deletes = writes.filter(({ epoch, fields }) => epoch === run.epoch && fields === null).length;
  const failed = run.kinds.some(({ state }) => state !== 'complete');
  const mayDelete = isEnd(run.outcome) && run.outcome !== 'failed' && !failed;
  const mine = answers.filter(({ at }) => at >= run.begun && at <= run.ended);
  const unhealed = mine.filter(
    ({ truth, moot, url }, index) =>
      truth === 'fault' && !moot && !mine.slice(index).some((later) => later.truth !== 'fault' && later.url === url),
  );
  const urls = [...new Set(unhealed.map(({ url }) => url))];
  return [
    ...(deletes === run.deleted ? [] : [`${says} and ${run.deleted} deleted; ${deletes} were deleted`]),
    ...(deletes > 0 && !mayDelete ? [`${says}, but deleted ${deletes} on an incomplete view`] : []),
    ...(run.outcome === 'complete' && failed ? [`${says}, but a kind is not complete`] : []),
    ...(run.outcome === 'complete' ? urls : []).map((url) => `${says}, but ${url} could not be read`),
  ];
}

/** At the end, after a clean run, the catalog is what the source maps to, field by field. */
function differences({ states, writes, runs }: Log): string[] {
  const configuration = runs.at(-1)?.configuration;
  if (!configuration) return ['there was no run'];
  const last = new Map(states.map((state) => [state.key, state]));
  const wanted = new Map<string, Raw>();
  for (const { kind, record } of last.values()) {
    if (!record || !configuration.kinds.includes(kind)) continue;
    const { entity, fields } = map(kind, record, configuration);
    wanted.set(entity, fields);
  }
  const held = new Map(writes.map(({ entity, fields }) => [entity, fields]));
  const told = (fields?: Raw | null): string => (fields ? JSON.stringify(Object.entries(fields).sort()) : 'nothing');
  return [...new Set([...wanted.keys(), ...held.keys()])]
    .filter((entity) => told(wanted.get(entity)) !== told(held.get(entity)))
    .map((entity) => `at the end ${entity} is ${told(held.get(entity))}, not ${told(wanted.get(entity))}`);
}
