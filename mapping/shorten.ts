/** A text for an error message: on one line, its middle left out when it is longer than that many characters. */
export function shorten(text: string, length: number): string {
  const line = text.length <= 4 * length ? text.replace(/\s+/g, ' ').trim() : text;
  if (line.length <= length) return line;
  const tail = Math.floor(length / 4);
  const head = length - tail - 1;
  return `${line.slice(0, head)}…${line.slice(-tail)}`.replace(/\s+/g, ' ').toWellFormed();
}
