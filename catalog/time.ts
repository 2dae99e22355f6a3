/** PostgreSQL's way to say a time in RFC 3339, UTC, milliseconds. */
export const rfc3339 = (column: string): string =>
  `to_char((${column}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
