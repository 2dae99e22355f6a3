/**
 * jsonata's lists carry marks. A sequence stands for its element when it has one and for nothing when it is empty,
 * unless it is to stay a list; a constructed list is not spread into the list around it; the outermost wrapper holds
 * an input that is a list.
 */
export interface Marked extends Array<unknown> {
  sequence?: boolean;
  keepSingleton?: boolean;
  cons?: boolean;
  outerWrapper?: boolean;
}

export const asSequence = (values: Marked): Marked => {
  values.sequence = true;
  return values;
};

export const isSequence = (value: unknown): value is Marked =>
  Array.isArray(value) && (value as Marked).sequence === true;

/** What a step of an evaluation hands on: a sequence of one element is that element, an empty one nothing. */
export function settled(value: unknown): unknown {
  if (!isSequence(value) || value.length > 1) return value;
  if (value.length === 0) return undefined;
  return value.keepSingleton === true ? value : value[0];
}

/** The same for a step that is marked by `[]`. */
export function settledAsList(value: unknown): unknown {
  if (isSequence(value)) value.keepSingleton = true;
  return settled(value);
}

/** Both in one list, as `[a, b]` has them; nothing adds nothing. */
export function append(first: unknown, second: unknown): unknown {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const list: unknown[] = Array.isArray(first) ? first : asSequence([first]);
  return list.concat(Array.isArray(second) ? second : [second]);
}

/** The value as the context of an evaluation: a list would otherwise be taken for many contexts. */
export function asContext(input: unknown): unknown {
  if (!Array.isArray(input)) return input;
  const wrapper = asSequence([input]);
  wrapper.outerWrapper = true;
  return wrapper;
}
