import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';

/** What an answer of the other Tidemark's export holds. */
export interface ExportedPage {
  /** Records with their components, as they came. */
  readonly rows: readonly RawRecord[];
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
  let end: Pick<ExportedPage, 'cursor' | 'msince'> | null = null;
  for (const [index, line] of lines.entries()) {
    const value = parsed(line);
    if (!isRawRecord(value)) throw new SourceError(`${what}: line ${index + 1} is not a JSON object`);
    end = value.type === 'cursor' || value.type === 'end' ? endOf(value, `${what}: line ${index + 1}`) : null;
    if (value.type === 'entity') rows.push(value);
  }
  if (end === null) throw new SourceError(`${what} broke off: its last line is neither \`cursor\` nor \`end\``);
  return { rows, ...end };
}

function endOf({ type, cursor = null, msince }: RawRecord, what: string): Pick<ExportedPage, 'cursor' | 'msince'> {
  const isWhole = typeof msince === 'string' && (type === 'end' ? cursor === null : typeof cursor === 'string');
  if (!isWhole) throw new SourceError(`${what} is not as an export ends`);
  return { cursor: cursor as string | null, msince };
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
