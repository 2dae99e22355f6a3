import type { AnswerParts } from './answer.ts';
import { fieldsOf } from './by-field.ts';
import type { FieldDecision } from './decision.ts';
import type { Vector } from './vector.ts';
import type { Warning } from './warnings.ts';

/** What the resolver's answer and the record's time leave to be said, now that the fields are decided. */
export function vectorWarnings(vector: Vector, answer: AnswerParts, details: readonly FieldDecision[]): Warning[] {
  const warnings = unknownFields(vector, answer.resolution).map((field): Warning => {
    const text = `the resolver sets a resolution for ${field}, a field that neither side has; write title, team, properties.NAME or relations.NAME`;
    return { code: 'resolver-field', text };
  });
  return details.some(standsIn) ? [...warnings, MISSING_TIME] : warnings;
}

function unknownFields({ local, incoming, base }: Vector, resolution: AnswerParts['resolution']): string[] {
  if (typeof resolution !== 'object' || resolution === null) return [];
  const sides = [incoming.fields, local?.fields ?? {}, base?.fields ?? {}];
  const known = new Set([...sides.flatMap(fieldsOf), ...incoming.failed]);
  return fieldsOf(resolution).filter((field) => !known.has(field));
}

const standsIn = ({ resolution, incoming }: FieldDecision): boolean =>
  resolution?.applies === 'newer' && incoming.timeFrom === 'first-observed';

const MISSING_TIME: Warning = {
  code: 'incoming-time',
  text: 'records have no modified time that can be read, so `newer` takes the time at which their content was first seen; map `modifiedAt` to a time such as 2024-05-01T12:00:00Z',
};
