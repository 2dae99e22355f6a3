import type { Command } from 'commander';
import type { Side } from '../../domain/conflict/sides.ts';
import type { ExplainedField, Explanation, NotedDecision } from '../../domain/explanation.ts';
import { table } from '../report.ts';
import { type CommonOptions, outputOf, withReadingClient } from '../session.ts';

/** `tidemark explain ID BLUEPRINT IDENTIFIER`: why an entity is as it is. */
export function addExplainCommand(program: Command, run: (code: number) => void): void {
  program
    .command('explain')
    .description('why an entity is as it is: who claims it, which run and rule set each field')
    .argument('<id>', 'the integration')
    .argument('<blueprint>')
    .argument('<identifier>')
    .action(async (id: string, blueprint: string, identifier: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      const explained = await withReadingClient(options, (client) => client.explain({ blueprint, identifier }, id));
      outputOf(options).answer(explained, () => textOf(explained, id));
      run(0);
    });
}

function textOf(explained: Explanation, integration: string): string {
  const { blueprint, identifier, version, createdAt, updatedAt, changedRun, claims, fields } = explained;
  const changed =
    changedRun === null ? 'by a call, an event or a person, or not noted by what' : `by run ${changedRun}`;
  const rows = claims.map(({ owns, ...claim }) => [
    claim.integration,
    claim.resource,
    claim.recordKey,
    owns ? 'owns it' : 'agrees',
    claim.observedAt,
  ]);
  const holds = claims.some((claim) => claim.integration === integration);
  return [
    `${blueprint} ${identifier}: version ${version}, created ${createdAt}, last changed ${updatedAt} ${changed}`,
    '',
    ...(claims.length === 0 ? ['no claim: no resync deletes it'] : [table([CLAIMS, ...rows], 5)]),
    ...(holds ? [] : [`${integration} has no claim on it`]),
    ...fields.flatMap((field) => ['', ...fieldText(field)]),
  ].join('\n');
}

const CLAIMS = ['CLAIM OF', 'RESOURCE', 'RECORD', '', 'LAST SEEN'];

function fieldText({ field, value, time, origin, why, decision }: ExplainedField): string[] {
  const from = [origin === null ? [] : `from ${origin}`, time === null ? 'time not known' : `of ${time}`].flat();
  return [
    `${field} = ${JSON.stringify(value)}`,
    `  ${from.join(', ')}`,
    `  ${why}`,
    ...(decision === null ? [] : decisionText(decision)),
  ];
}

function decisionText({ run, at, integration, resource, rule, saidBy, local, incoming }: NotedDecision): string[] {
  const by = run === null ? 'a call, an event or a person' : `run ${run}`;
  const said = saidBy === null ? '' : `, as ${saidBy} says`;
  const decided = `  ${at} by ${by}, ${integration} ${resource}: ${rule}${said}`;
  if (rule === 'new-record') return [decided];
  return [decided, `    here:     ${sideText(local)}`, `    incoming: ${sideText(incoming)}`];
}

function sideText({ value, time, origin }: Side): string {
  const facts = [origin ?? [], time ?? 'time not known'].flat().join(', ');
  return `${value === undefined ? 'nothing' : JSON.stringify(value)} (${facts})`;
}
