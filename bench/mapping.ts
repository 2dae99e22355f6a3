import { cpus } from 'node:os';
import jsonata from 'jsonata';
import type { Json } from '../domain/json.ts';
import { compile } from '../mapping/expression.ts';
import { EXPRESSIONS } from './mapping-expressions.ts';
import { mappingRecord } from './mapping-record.ts';

// Measures mapping expressions, compiled and evaluated by jsonata, on one core: npm run bench:mapping [-- --each].
// Fails when a value differs.

const RECORDS = Array.from({ length: 20 }, (_, index) => mappingRecord(index));

/** Milliseconds of CPU time that each expression is evaluated for, first to warm everything up, then to measure. */
const MEASURED = 60;

/** Times that all records are taken between two looks at the clock. */
const ROUNDS = 20;

interface Measured {
  readonly text: string;
  /** Microseconds of CPU time for one record. */
  readonly compiled: number;
  readonly library: number;
}

/** Microseconds of CPU time for one record: the best of three, since other work on the machine only adds. */
async function measure(evaluate: (record: Json) => unknown): Promise<number> {
  const rounds = [];
  for (let round = 0; round < 3; round++) rounds.push(await timed(evaluate, MEASURED / 3));
  return Math.min(...rounds);
}

async function timed(evaluate: (record: Json) => unknown, milliseconds: number): Promise<number> {
  const started = process.cpuUsage();
  let evaluations = 0;
  let microseconds = 0;
  while (microseconds < 1_000 * milliseconds) {
    for (let round = 0; round < ROUNDS; round++) {
      for (const record of RECORDS) {
        const value = evaluate(record);
        if (value instanceof Promise) await value;
      }
    }
    evaluations += ROUNDS * RECORDS.length;
    const { user, system } = process.cpuUsage(started);
    microseconds = user + system;
  }
  return microseconds / evaluations;
}

interface Sides {
  readonly text: string;
  compiled(record: Json): unknown;
  library(record: Json): unknown;
}

function sidesOf(text: string): Sides {
  const expression = compile(text);
  const library = jsonata(text);
  return { text, compiled: (record) => expression.yields(record), library: (record) => library.evaluate(record) };
}

async function warmUp({ text, compiled, library }: Sides): Promise<void> {
  for (const record of RECORDS) {
    const here = compiled(structuredClone(record));
    if (here instanceof Promise) throw new Error(`${text} is not compiled`);
    const there = await library(structuredClone(record));
    if (JSON.stringify(here) !== JSON.stringify(there)) throw new Error(`${text} yields another value than jsonata`);
  }
  await timed(compiled, MEASURED);
  await timed(library, MEASURED);
}

const perSecond = (microseconds: number): string => Math.round(1e6 / microseconds).toLocaleString('en-US');
const times = (factor: number): string => `${factor.toFixed(1)} times`;

function report(measured: readonly Measured[]): string {
  const total = (side: 'compiled' | 'library'): number => measured.reduce((sum, one) => sum + one[side], 0);
  const row = (label: string, value: (microseconds: number) => string): string =>
    `| ${label.padEnd(45)} | ${value(total('compiled')).padStart(8)} | ${value(total('library')).padStart(8)} |`;
  const factors = measured.map(({ compiled, library }) => library / compiled).sort((a, b) => a - b);
  const factorAt = (part: number): string => times(factors[Math.round((factors.length - 1) * part)] ?? Number.NaN);
  const slower = factors.filter((factor) => factor < 1).length;
  return [
    `| ${`${measured.length} expressions`.padEnd(45)} | compiled |  jsonata |`,
    `| ${'-'.repeat(45)} | -------: | -------: |`,
    row('µs for a record, all expressions', (microseconds) => microseconds.toFixed(1)),
    row('records/s, all expressions', perSecond),
    row('records/s, 15 expressions of average cost', (microseconds) =>
      perSecond((15 * microseconds) / measured.length),
    ),
    '',
    `All together ${times(total('library') / total('compiled'))} as fast, the median expression ${factorAt(0.5)}, nine in ten at least ${factorAt(0.1)}; ${slower} of ${measured.length} slower.`,
    `One core of ${cpus()[0]?.model.trim() || process.arch}, ${process.platform}, Node ${process.versions.node}.`,
  ].join('\n');
}

const measured: Measured[] = [];
const expressions = EXPRESSIONS.map(sidesOf);
for (const sides of expressions) await warmUp(sides);
for (const { text, compiled, library } of expressions) {
  measured.push({ text, compiled: await measure(compiled), library: await measure(library) });
}
if (process.argv.includes('--each')) {
  for (const { text, compiled, library } of measured) {
    process.stdout.write(`${compiled.toFixed(2).padStart(8)} ${library.toFixed(2).padStart(8)}  ${text}\n`);
  }
}
process.stdout.write(`${report(measured)}\n`);
