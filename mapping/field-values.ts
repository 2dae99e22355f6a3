import type { FieldPath } from '../domain/entity.ts';
import type { Json } from '../domain/json.ts';
import { described } from './described.ts';
import { type Storable, toStorable } from './storable.ts';

/** What a field may hold, or why what its expression yielded does not fit. */
export type FieldValue = { readonly value: Json } | { readonly problem: string };

interface Shape {
  /** For the message. */
  readonly expected: string;
  readonly lists: boolean;
  readonly emptyTexts: boolean;
}

/** Fields that hold texts; properties hold any JSON. */
const TEXT_FIELDS: Readonly<Record<string, Shape>> = {
  title: { expected: 'a text or null', lists: false, emptyTexts: true },
  team: { expected: 'a text, a list of texts or null', lists: true, emptyTexts: true },
  relations: { expected: 'an identifier, a list of identifiers or null', lists: true, emptyTexts: false },
};

/** Checks what a field's expression yielded. `text` is that expression, for the hint. */
export function fieldValue(path: FieldPath, yielded: unknown, text: string): FieldValue {
  const shape = TEXT_FIELDS[path.startsWith('relations.') ? 'relations' : path];
  const misfit = shape && misfitOf(shape, yielded, text);
  if (misfit) return { problem: misfit };
  const storable = toStorable(yielded);
  return storable.ok ? { value: storable.value } : { problem: unstorable(storable) };
}

const unstorable = ({ path, reason }: Storable & { ok: false }): string =>
  path === '' ? `its value ${reason}` : `its value ${reason}, at ${path.slice(0, 200)}`;

function misfitOf(shape: Shape, yielded: unknown, text: string): string | null {
  if (yielded === undefined || yielded === null) return null;
  if (typeof yielded === 'string') {
    return yielded === '' && !shape.emptyTexts ? `must be ${shape.expected}, but yields an empty text` : null;
  }
  const wrap = typeof yielded === 'number' || typeof yielded === 'boolean';
  if (!Array.isArray(yielded) || !shape.lists) {
    const hint = wrap ? `; wrap it: $string(${text})` : '';
    return `must be ${shape.expected}, but yields ${described(yielded)}${hint}`;
  }
  const bad = yielded.findIndex((item) => typeof item !== 'string' || (item === '' && !shape.emptyTexts));
  return bad < 0 ? null : `must be ${shape.expected}, but its list has ${described(yielded[bad])} at [${bad}]`;
}
