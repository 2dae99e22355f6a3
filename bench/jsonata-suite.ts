import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import jsonata from 'jsonata';
import type { Json } from '../domain/json.ts';
import { ExpressionError } from '../mapping/errors.ts';
import { compile } from '../mapping/expression.ts';
import type { Expression } from '../mapping/mapping.ts';

// Runs jsonata's own test-suite (its repository's folder test/test-suite, which is not part of this one) on the compiled
// expressions and on jsonata itself: node --import tsx bench/jsonata-suite.ts DIR. Exits with 1 when a value differs.

interface Case {
  readonly name: string;
  readonly text: string;
  readonly input: Json | undefined;
  readonly bindings: Readonly<Record<string, unknown>>;
}

interface CaseFile {
  readonly expr?: string;
  readonly 'expr-file'?: string;
  readonly data?: Json;
  readonly dataset?: string | null;
  readonly bindings?: Readonly<Record<string, unknown>>;
}

/** Milliseconds and levels of the library: some cases never end. */
const LIMITS = { timeout: 1_000, stack: 1_000 };

const counts = { cases: 0, unparsed: 0, refused: 0, compiled: 0, left: 0, capped: 0, late: 0, equal: 0, different: 0 };

function* casesIn(directory: string): Generator<Case> {
  for (const group of readdirSync(join(directory, 'groups')).sort()) {
    const folder = join(directory, 'groups', group);
    for (const file of readdirSync(folder).sort()) {
      if (!file.endsWith('.json')) continue;
      const content: CaseFile | CaseFile[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      for (const [index, one] of [content].flat().entries()) {
        const text = one.expr ?? readFileSync(join(folder, String(one['expr-file'])), 'utf8');
        const input = one.dataset
          ? JSON.parse(readFileSync(join(directory, 'datasets', `${one.dataset}.json`), 'utf8'))
          : one.data;
        yield { name: `${group}/${file}[${index}]`, text, input, bindings: one.bindings ?? {} };
      }
    }
  }
}

/** A value as text, keys in their order; what fails is `an error`. */
async function outcome(evaluate: () => unknown): Promise<string> {
  try {
    const value = await evaluate();
    return value === undefined ? 'nothing' : JSON.stringify(value, (_, part) => (isFunction(part) ? 'ƒ' : part));
  } catch (error) {
    const message = (error as Error).message;
    if (/ is refused: at most /.test(message)) return CAPPED;
    return /Evaluation timeout/.test(message) ? LATE : 'an error';
  }
}

/** Over a limit that is set here, such as that of ranges. */
const CAPPED = 'over a limit';

/** Over the limit of time: the machine is busy, or the case never ends. */
const LATE = 'out of time';

const isFunction = (value: unknown): boolean =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value));

function parses(text: string): boolean {
  try {
    jsonata(text);
    return true;
  } catch {
    return false;
  }
}

function compiled(text: string): Expression | null {
  try {
    return compile(text);
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}

async function run({ name, text, input, bindings }: Case): Promise<void> {
  counts.cases += 1;
  const expression = compiled(text);
  if (!parses(text)) {
    counts.unparsed += 1;
    return;
  }
  if (expression === null || Object.keys(bindings).length > 0) {
    counts.refused += 1;
    return;
  }
  const ours = await outcome(() => {
    let yielded: unknown;
    let left = false;
    try {
      yielded = expression.yields(structuredClone(input) as Json);
      left = yielded instanceof Promise;
    } finally {
      counts[left ? 'left' : 'compiled'] += 1;
    }
    return yielded;
  });
  const theirs = await outcome(() => jsonata(text, LIMITS).evaluate(structuredClone(input)));
  const failures = [LATE, 'an error'];
  if (ours === theirs || (failures.includes(ours) && failures.includes(theirs))) counts.equal += 1;
  else if (ours === CAPPED) counts.capped += 1;
  else if (ours === LATE || theirs === LATE) counts.late += 1;
  else differ({ name, text }, ours, theirs);
}

function differ({ name, text }: Pick<Case, 'name' | 'text'>, ours: string, theirs: string): void {
  counts.different += 1;
  process.stdout.write(
    `${name}: ${text.slice(0, 300)}\n  here:    ${ours.slice(0, 300)}\n  library: ${theirs.slice(0, 300)}\n`,
  );
}

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('Usage: node --import tsx bench/jsonata-suite.ts DIR\n');
  process.exit(2);
}
for (const one of casesIn(directory)) await run(one);
const { cases, unparsed, refused, compiled: now, left, capped, late, equal, different } = counts;
const evaluated = now + left;
const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
process.stdout.write(`cases                ${cases}
does not parse       ${unparsed}
refused at load      ${refused}
evaluated            ${evaluated}
  compiled           ${now} (${share(now, evaluated)} of those evaluated, ${share(now, cases - unparsed)} of those that parse)
  left to jsonata    ${left}
  equal              ${equal}
  over a limit here  ${capped}
  out of time        ${late}
  different          ${different}
`);
process.exitCode = different === 0 ? 0 : 1;
