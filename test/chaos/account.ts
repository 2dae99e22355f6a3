import type { Broken } from './chaos.ts';
import type { Log } from './events.ts';

/** All that there is to know of a scenario that broke a promise: the schedule, what was done, both logs in one. */
export function account({ scenario, played }: Broken): string {
  const { violations, story, log } = played;
  return [
    ...['Schedule:', JSON.stringify(scenario, null, 2)],
    ...['What was done:', ...story.map((line) => `  ${line}`)],
    ...['The logs of source and destination:', ...linesOf(log).map((line) => `  ${line}`)],
    ...['Violations:', ...violations.map((line) => `  ${line}`)],
  ].join('\n');
}

function linesOf({ states, answers, writes, runs }: Log): string[] {
  const lines: [at: number, text: string][] = [
    ...states.map(({ at, key, record }): [number, string] => {
      const { full_name, number, title } = record ?? {};
      return [
        at,
        `source: ${key} is ${record ? (full_name ?? title ?? 'there') : 'gone'}${number ? ` #${number}` : ''}`,
      ];
    }),
    ...answers.map(({ at, url, form, truth, records }): [number, string] => {
      const told = [...records].map(([key, record]) => (record ? key : `no ${key}`));
      return [at, `source answers ${form} ${url}: ${truth} [${told.join(', ')}]`];
    }),
    ...writes.map(({ at, epoch, entity, fields }): [number, string] => [
      at,
      `catalog: epoch ${epoch} ${fields ? 'writes' : 'deletes'} ${entity} ${fields ? JSON.stringify(fields) : ''}`,
    ]),
    ...runs.flatMap(({ epoch, begun, ended, outcome, configuration, scope, deleted }): [number, string][] => [
      [begun, `epoch ${epoch} begins, kinds ${scope ?? 'all'}, ${JSON.stringify(configuration)}`],
      [ended, `epoch ${epoch} has ended: ${outcome}, ${deleted} deleted`],
    ]),
  ];
  return lines.sort(([one], [other]) => one - other).map(([at, text]) => `${time(at)} ${text}`);
}

const time = (at: number): string => (Number.isFinite(at) ? new Date(at).toISOString().slice(11, 23) : 'not yet     ');
