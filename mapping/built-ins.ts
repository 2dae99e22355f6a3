import jsonata from 'jsonata';
import { coded } from './coded.ts';
import { MAX_MADE_VALUE, MAX_PADDING, MAX_PICTURE_LENGTH, MAX_RANGE } from './limits.ts';

/** The functions of JSONata, but those that `REFUSED` names. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  `abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl decodeUrlComponent
  distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase formatInteger formatNumber fromMillis
  join keys length lookup lowercase map match max merge millis min not now number pad parseInteger power reduce replace
  reverse round sift single sort split spread sqrt string substring substringAfter substringBefore sum toMillis trim
  type uppercase zip`.split(/\s+/),
);

const DIFFERS = 'its value would differ from run to run, so every run would write every entity anew';

/** Functions that no mapping may use, and why. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ['eval', 'it would run text of the record as an expression, unchecked'],
  ['random', DIFFERS],
  ['shuffle', DIFFERS],
]);

/** Functions that a mapping may only compare with (`$toMillis(pushed_at) > $millis() - 7776000000`), and why. */
export const ONLY_COMPARED: ReadonlyMap<string, string> = new Map([
  ['now', `${DIFFERS}; inside a comparison it is fine`],
  ['millis', `${DIFFERS}; inside a comparison it is fine`],
]);

/** The function that `[a..b]` is made to call: no expression can write a variable of this name. */
export const RANGE = '..';

/** A function as the engine holds it. */
export interface Definition {
  readonly _jsonata_function: true;
  readonly implementation: (this: Focus, ...args: never[]) => unknown;
  readonly signature?: Signature;
}

/** A validator that the engine made of a signature (`<s-nn?:s>`). */
export interface Signature {
  readonly definition: string;
  /** The arguments as the function takes them: lists for single values, the context for what is left out. Throws. */
  validate(args: readonly unknown[], context: unknown): unknown[];
}

/** The engine's `this` in a function. */
export interface Focus {
  /** A list that stands for its element when it has one, and for nothing when it is empty. */
  createSequence(): unknown[];
}

const REPLACED = ['pad', 'join', 'sort', 'distinct', 'spread'] as const;
const PICTURED = ['fromMillis', 'toMillis', 'formatInteger', 'parseInteger', 'formatNumber'] as const;

const references = [...FUNCTIONS].map((name) => `"${name}": $${name}`);

/** The engine's own functions, by name. */
export const ORIGINALS = (await jsonata(`{${references.join(', ')}}`).evaluate({})) as Readonly<
  Record<string, Definition>
>;

const original = (name: (typeof REPLACED)[number] | (typeof PICTURED)[number]): Definition =>
  ORIGINALS[name] as Definition;

/**
 * What takes the place of the engine's own functions, by name: the same to an honest expression. The originals never
 * look at the time while they work, so the time-out does not end them: `$pad` with a huge width takes all memory,
 * `$sort`, `$distinct` and `$spread` need time or memory that grows with the square of the list.
 */
export const REPLACEMENTS: readonly (readonly [name: string, definition: Definition])[] = [
  [RANGE, { _jsonata_function: true, implementation: range }],
  ['pad', guarded('pad', checkPadding)],
  ['join', guarded('join', checkJoin)],
  ['sort', { ...original('sort'), implementation: sort }],
  ['distinct', { ...original('distinct'), implementation: distinct }],
  ['spread', { ...original('spread'), implementation: spread }],
  ...PICTURED.map((name) => [name, guarded(name, checkPicture)] as const),
];

/** The original after a look at its arguments. The engine reads the number of parameters and their names. */
function guarded(name: Parameters<typeof original>[0], check: (...args: never[]) => void): Definition {
  const unguarded = original(name).implementation;
  const implementation = function (this: Focus, ...args: never[]): unknown {
    check(...args);
    return unguarded.apply(this, args);
  };
  Object.defineProperty(implementation, 'length', { value: unguarded.length });
  implementation.toString = () => unguarded.toString();
  return { ...original(name), implementation };
}

function checkPadding(_text: string | undefined, width: number, fill?: string): void {
  if (Math.abs(width) * Math.max(1, fill?.length ?? 0) > MAX_PADDING) {
    throw new Error(`$pad to a width of ${width} is refused: it may add at most ${MAX_PADDING} characters`);
  }
}

function checkJoin(texts: readonly string[] | undefined, separator?: string): void {
  if (texts !== undefined && separator !== undefined && texts.length * separator.length > MAX_MADE_VALUE) {
    throw new Error(`$join of ${texts.length} texts would be longer than ${MAX_MADE_VALUE} characters`);
  }
}

/** Four names or numbers of any width in a row, with nothing between them that tells where one ends. */
const AMBIGUOUS_PICTURE =
  /(?:\[\s*(?:[FPEC]|[A-Za-z]\s*[nNwWiIaA])[^\]]*\][A-Za-z ,-]*){4}|(?:\[(?:f|[^\]]*#)[^\]]*\][0-9]*){4}|(?:\[[^\]]*\][0-9]+){4}/;

/** The engine makes padding and a regular expression of its own from a picture. */
function checkPicture(value: unknown, picture?: string): void {
  if (picture === undefined) return;
  const huge = picture.length > MAX_PICTURE_LENGTH || /\[[^\]]*,[^\]]*[0-9]{4}/.test(picture);
  if (huge || (typeof value === 'string' && AMBIGUOUS_PICTURE.test(picture))) {
    throw new Error(
      `the picture is refused: at most ${MAX_PICTURE_LENGTH} characters, widths below 1000, and not four parts of any width in a row`,
    );
  }
  if (typeof value === 'string' && value.length > MAX_PICTURE_LENGTH) {
    throw new Error(`a text of ${value.length} characters is not read by a picture: at most ${MAX_PICTURE_LENGTH}`);
  }
}

/** `[from..to]`, as the engine does it, but capped. */
function range(from: unknown, to: unknown): number[] | undefined {
  if (from !== undefined && !Number.isInteger(from)) throw coded('T2003', { value: from });
  if (to !== undefined && !Number.isInteger(to)) throw coded('T2004', { value: to });
  if (from === undefined || to === undefined) return undefined;
  const [first, last] = [from as number, to as number];
  if (first > last) return undefined;
  const size = last - first + 1;
  if (size > MAX_RANGE) throw new Error(`a range of ${size} numbers is refused: at most ${MAX_RANGE}`);
  return asSequence(Array.from({ length: size }, (_, index) => first + index));
}

async function sort(
  list: readonly unknown[] | undefined,
  comparator?: (left: unknown, right: unknown) => Promise<unknown>,
): Promise<readonly unknown[] | undefined> {
  if (list === undefined || list.length <= 1) return list;
  if (comparator !== undefined) return mergeSort(list, comparator);
  const type = typeof list[0];
  if ((type !== 'number' && type !== 'string') || list.some((value) => typeof value !== type)) {
    throw coded('D3070', { index: 1 });
  }
  const values = list as readonly string[];
  return [...values].sort((left, right) => (left > right ? 1 : left < right ? -1 : 0));
}

/** Stable; `after` says whether the left one belongs after the right one. */
async function mergeSort(
  list: readonly unknown[],
  after: (left: unknown, right: unknown) => Promise<unknown>,
): Promise<readonly unknown[]> {
  if (list.length <= 1) return list;
  const middle = list.length >> 1;
  const left = await mergeSort(list.slice(0, middle), after);
  const right = await mergeSort(list.slice(middle), after);
  const merged: unknown[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    if (await after(left[l], right[r])) merged.push(right[r++]);
    else merged.push(left[l++]);
  }
  return [...merged, ...left.slice(l), ...right.slice(r)];
}

function distinct(list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= 1) return list;
  const seen = new Map<unknown, unknown>();
  for (const value of list) {
    const key = typeof value === 'string' || isContainer(value) ? canonical(value) : value;
    if (!seen.has(key)) seen.set(key, value);
  }
  const values = [...seen.values()];
  return (list as { sequence?: boolean }).sequence === true ? asSequence(values) : values;
}

/** The same text for equal values whatever the order of their keys, another one for different values. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isContainer(value)) return JSON.stringify(value) ?? 'nothing';
  const parts = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${parts.sort().join()}}`;
}

function spread(this: Focus, value: unknown): unknown {
  if (!Array.isArray(value)) return isContainer(value) ? asSequence(pairsOf(value)) : value;
  if (value.length === 0) return this.createSequence();
  const flat: unknown[] = [];
  const add = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(add);
    else if (isContainer(part)) for (const pair of pairsOf(part)) flat.push(pair);
    else if (part !== undefined) flat.push(part);
  };
  add(value);
  return flat;
}

const pairsOf = (value: object): object[] =>
  Object.entries(value).map(([key, part]) => Object.fromEntries([[key, part]]));

/** An object or a list, but no function: those of expressions are objects too. */
const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !('_jsonata_lambda' in value);

/** Marks a list as one that stands for its element when it has one. */
const asSequence = <T>(values: T[]): T[] => Object.assign(values, { sequence: true });
