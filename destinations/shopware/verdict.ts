import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import type { RemoteAnswer } from '../remote/remote.ts';
import type { Job, Operation } from './requests.ts';

/** What an answer of the shop says about the jobs of its request. */
export interface Verdict {
  /** Jobs that the answer decides. */
  readonly answers: ReadonlyMap<Job, RemoteAnswer>;
  /** What the shop said of the others, where it refused the request and did not say for which record. */
  readonly unplaced: RemoteAnswer | null;
}

interface Answer {
  readonly status: number;
  readonly body: RawRecord;
}

const DONE: RemoteAnswer = { outcome: 'done' };

/**
 * Reads an answer. Jobs that are not in the verdict are not written and have to be sent again: without those that are,
 * or, where the shop did not say whose mistake it was, in parts. Throws `DestinationError` for a mistake that is no
 * record's.
 */
export function verdictOf(operations: readonly Operation[], { status, body: answer }: Answer): Verdict {
  if (status < 300 && answer.success !== false) return allDone(operations);
  const errors = errorsOf(answer);
  if (errors.length > 0) return byPointer(operations, errors);
  const failed = operations.findIndex(({ key }) => resultsOf(answer, key).some((own) => own.length > 0));
  if (failed >= 0) return byRecord(operations, { answer, failed });
  // The shop says `success: false` of a delete that found nothing (sync-semantics 9).
  if (status < 300 && operations.every(({ action }) => action === 'delete')) return allDone(operations);
  const reason = `the shop answered ${status} and says neither that it wrote nor why not`;
  return { answers: new Map(), unplaced: { outcome: 'refused', reason } };
}

function allDone(operations: readonly Operation[]): Verdict {
  const jobs = operations.flatMap((operation) => operation.jobs);
  return { answers: new Map(jobs.map((job) => [job, DONE])), unplaced: null };
}

/**
 * v3, record by record, each operation a transaction of its own: one with an error wrote nothing, whatever ids it
 * reports. What came after it may have failed because of it. So the first operation with errors decides about its own
 * records, and what only earlier ones wrote is done.
 */
function byRecord(
  operations: readonly Operation[],
  { answer, failed }: { answer: RawRecord; failed: number },
): Verdict {
  const answers = new Map<Job, RemoteAnswer>();
  const undecided = new Set(operations.slice(failed).flatMap(({ jobs }) => jobs));
  for (const job of operations.slice(0, failed).flatMap(({ jobs }) => jobs)) {
    if (!undecided.has(job)) answers.set(job, DONE);
  }
  const { key, jobs } = operations[failed] as Operation;
  const results = resultsOf(answer, key);
  for (const [index, errors] of results.entries()) {
    const job = jobs[index];
    if (job !== undefined && errors.length > 0) answers.set(job, answerTo(errors));
  }
  return { answers, unplaced: answers.size > 0 ? null : answerTo(results.flat()) };
}

/** The errors of each record of an operation, by its place (seed S4.11). */
function resultsOf({ data }: RawRecord, key: string): RawRecord[][] {
  const operation = isRawRecord(data) ? data[key] : undefined;
  const result = isRawRecord(operation) ? operation.result : undefined;
  return Array.isArray(result) ? result.map((each) => (isRawRecord(each) ? errorsOf(each) : [])) : [];
}

/** One transaction: the records that errors point to are refused, nothing was written (sync-semantics 9). */
function byPointer(operations: readonly Operation[], errors: readonly RawRecord[]): Verdict {
  const named = new Map<Job, RawRecord[]>();
  for (const error of errors) {
    const job = jobAt(operations, error);
    if (job !== undefined) named.set(job, [...(named.get(job) ?? []), error]);
  }
  const answers = new Map([...named].map(([job, own]) => [job, answerTo(own)]));
  if (answers.size > 0) return { answers, unplaced: null };
  const general = errors.find(({ code }) => REQUEST_CODES.includes(String(code)));
  if (general !== undefined) throw new DestinationError(`the shop refuses the request: ${detailOf(general)}`);
  return { answers, unplaced: answerTo(errors) };
}

/** Codes of mistakes that every request of this kind would have. */
const REQUEST_CODES = [
  'FRAMEWORK__INVALID_SYNC_OPERATION',
  'FRAMEWORK__DEFINITION_NOT_FOUND',
  'FRAMEWORK__INVALID_INDEXING_BEHAVIOR',
];

/** `/<key>/<index>/<field>`; v3 leaves out the key, so that its pointers tell nothing where there are two operations. */
function jobAt(operations: readonly Operation[], { source }: RawRecord): Job | undefined {
  const pointer = isRawRecord(source) ? source.pointer : undefined;
  if (typeof pointer !== 'string') return undefined;
  const [, key, index] = pointer.split('/');
  return operations.find((operation) => operation.key === key)?.jobs[Number(index)];
}

function errorsOf({ errors }: RawRecord): RawRecord[] {
  return Array.isArray(errors) ? errors.filter(isRawRecord) : [];
}

/** MySQL's words about a foreign key that leads nowhere; the shop hands them on. */
const MISSING = /SQLSTATE\[23000\].*\b1452\b|Cannot add or update a child row/;

function answerTo(errors: readonly RawRecord[]): RemoteAnswer {
  const reason = errors.slice(0, 3).map(detailOf).join('; ');
  const isMissing = errors.every(({ detail }) => MISSING.test(String(detail)));
  return { outcome: isMissing ? 'missing-relation' : 'refused', reason };
}

/** `price: This value should not be blank.` */
function detailOf({ detail, title, code, source }: RawRecord): string {
  const pointer = isRawRecord(source) && typeof source.pointer === 'string' ? source.pointer : '';
  const field = pointer.replace(/^\/[^/]*\/\d+\/?|^\/\d+\/?/, '');
  const text = String(detail ?? title ?? code ?? 'no reason given').replaceAll(/\s+/g, ' ');
  return `${field === '' ? '' : `${field}: `}${text.length > 300 ? `${text.slice(0, 300)}…` : text}`;
}

/** A server error that is about what was sent: data or keys that the database refuses. Asking again does not help. */
export function isAboutData({ status, body }: { status: number; body: Json }): boolean {
  if (status !== 500) return false;
  const errors = isRawRecord(body) ? errorsOf(body) : [];
  return errors.length > 0 && errors.every(({ detail }) => /SQLSTATE\[2[23]\w{3}\]/.test(String(detail)));
}
