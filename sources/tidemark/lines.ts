import { SourceError } from '../../domain/errors.ts';
import type { GoneRecord } from '../../domain/gone.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import { readTime } from '../../domain/time.ts';

/** What an answer of the other Tidemark's export holds. */
export interface ExportedPage {
  /** Records with their components, as they came. */
  readonly rows: readonly RawRecord[];
  /** Records that it says are gone; components go with their records. */
  readonly gone: readonly GoneRecord[];
  /** Where the next page begins; `null`: this was the last. */
  readonly cursor: string | null;
  /** From when on the next export is to be read. */
  readonly msince: string;
}

/**
 * Reads JSON lines. Throws `SourceError`, with the number of the line, for what is none, and for an answer that ends
 * before its last line: it broke off, and what is missing must not look deleted.
 */
export function pageOf(body: Buffer, what: string): ExportedPage {
  const lines = textOf(body, what)
    .split('\n')
    .filter((line) => line !== '');
  const rows: RawRecord[] = [];
  const gone: GoneRecord[] = [];
  let end: Pick<ExportedPage, 'cursor' | 'msince'> | null = null;
  for (const [index, line] of lines.entries()) {
    const value = parsed(line);
    if (!isRawRecord(value)) throw new SourceError(`${what}: line ${index + 1} is not a JSON object`);
    end = value.type === 'cursor' || value.type === 'end' ? endOf(value, `${what}: line ${index + 1}`) : null;
    if (value.type === 'entity') rows.push(value);
    if (value.type === 'tombstone' && !value.parent) gone.push(goneIn(value, `${what}: line ${index + 1}`));
  }
  if (end === null) throw new SourceError(`${what} broke off: its last line is neither \`cursor\` nor \`end\``);
  return { rows, gone, ...end };
}

function endOf({ type, cursor = null, msince }: RawRecord, what: string): Pick<ExportedPage, 'cursor' | 'msince'> {
  const isWhole = typeof msince === 'string' && (type === 'end' ? cursor === null : typeof cursor === 'string');
  if (!isWhole) throw new SourceError(`${what} is not as an export ends`);
  return { cursor: cursor as string | null, msince };
}

/** Whether a time is one matters: PostgreSQL would refuse the whole batch for it. */
function goneIn({ identifier, deletedAt }: RawRecord, what: string): GoneRecord {
  const time = readTime(deletedAt);
  if (typeof identifier === 'string' && time !== null) return { key: identifier, at: time };
  throw new SourceError(`${what} says that a record is gone, but not which (identifier) and since when (deletedAt)`);
}

/** `fatal`: bytes that are not UTF-8 would otherwise come out as replacement characters in somebody's catalog. */
function textOf(body: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new SourceError(`${what} is not UTF-8 text`);
  }
}

/** `null`, which is no line of an export, for what is no JSON. */
function parsed(line: string): Json {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
