import type { EntityKey } from '../../domain/entity.ts';

/** Where the pages of an integration are. */
export const sourceAddress = (integration: string, ...rest: readonly string[]): string =>
  `/sources/${[integration, ...rest].map(encodeURIComponent).join('/')}`;

/** By query, not by path: browsers take `.` and `..` out of paths, and an identifier may be just that. */
export const entityAddress = ({ blueprint, identifier }: EntityKey): string =>
  withQuery('/entity', { blueprint, identifier });

/** An address with the parameters that have a value. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
