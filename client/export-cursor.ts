import { UsageError } from '../domain/errors.ts';
import { EXPORT_PHASES, type ExportPhase, type ExportPlace } from '../domain/export.ts';

/** An export, and where it goes on. */
export interface ExportCursor extends ExportPlace {
  readonly id: string;
}

/** A cursor as it is handed out. */
export function encodeCursor({ id, phase, after }: ExportCursor): string {
  return Buffer.from(JSON.stringify([id, phase, ...after])).toString('base64url');
}

/** Throws `UsageError` for what was never handed out. */
export function decodeCursor(text: string): ExportCursor {
  const [id, phase, ...after] = partsOf(text);
  if (id === undefined || !UUID.test(id) || !isPhase(phase) || !FORMS[phase].test(JSON.stringify(after))) {
    throw new UsageError('the cursor is not one that an export handed out; send it as it came, or leave it out');
  }
  return { id, phase, after };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a position is made of: a time of PostgreSQL's where records come by it, then texts; or a number. */
const FORMS: Readonly<Record<ExportPhase, RegExp>> = {
  records: /^\[("[\d-]+ [\d:.+-]+",)?".*",".*"\]$|^\[\]$/s,
  references: /^\["\d{1,18}"\]$|^\[\]$/,
  tombstones: /^\["[\d-]+ [\d:.+-]+",".*",".*"\]$|^\[\]$/s,
};

const isPhase = (text: string | undefined): text is ExportPhase => EXPORT_PHASES.some((phase) => phase === text);

function partsOf(text: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}
