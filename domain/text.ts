/**
 * A text that PostgreSQL can hold: it takes neither NUL nor half a surrogate pair. For words about data (reasons,
 * errors, addresses); data itself is never altered, a field that cannot be held counts as failed.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
