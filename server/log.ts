/** Where the server writes. `fields` become keys of the line of JSON. */
export interface ServerLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
