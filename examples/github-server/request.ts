import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

const routes = {
  organization: /^\/orgs\/(?<organization>[^/]+)$/,
  repositories: /^\/(?:orgs\/(?<organization>[^/]+)|organizations\/(?<organizationId>\d+))\/repos$/,
  repository: /^\/(?:repos\/(?<repository>[^/]+\/[^/]+)|repositories\/(?<repositoryId>\d+))$/,
  pulls: /^\/(?:repos\/(?<repository>[^/]+\/[^/]+)|repositories\/(?<repositoryId>\d+))\/pulls$/,
  issues: /^\/(?:repos\/(?<repository>[^/]+\/[^/]+)|repositories\/(?<repositoryId>\d+))\/issues$/,
  issue: /^\/(?:repos\/(?<repository>[^/]+\/[^/]+)|repositories\/(?<repositoryId>\d+))\/issues\/(?<number>\d+)$/,
  pull: /^\/(?:repos\/(?<repository>[^/]+\/[^/]+)|repositories\/(?<repositoryId>\d+))\/pulls\/(?<number>\d+)$/,
};

export type RouteName = keyof typeof routes;

/** A request, read. */
export interface GitHubRequest {
  /** How many requests came before this one. */
  readonly index: number;
  readonly method: string;
  /** Without the flavor's base path, still escaped. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** `null`: there is no such route. */
  readonly route: RouteName | null;
  /** What the path names: organization, organizationId, repository (`owner/name`), repositoryId, number. */
  readonly params: Readonly<Record<string, string>>;
  /** From 1. */
  readonly page: number;
}

export function readRequest(message: IncomingMessage, base: string, index: number): GitHubRequest {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://localhost');
  const path = pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : null;
  const query = Object.fromEntries(searchParams);
  const [route, params] = match(path ?? '');
  const page = positive(query.page) ?? 1;
  return {
    index,
    method: message.method ?? 'GET',
    path: path ?? pathname,
    query,
    headers: message.headers,
    route,
    params,
    page,
  };
}

/** A whole number above 0, or `null`. */
export function positive(value: string | undefined): number | null {
  return value !== undefined && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null;
}

function match(path: string): [RouteName | null, Record<string, string>] {
  for (const [name, pattern] of Object.entries(routes)) {
    const found = pattern.exec(path);
    if (found === null) continue;
    const params = Object.entries(found.groups ?? {}).filter(([, value]) => value !== undefined);
    return [name as RouteName, Object.fromEntries(params.map(([key, value]) => [key, decodeURIComponent(value)]))];
  }
  return [null, {}];
}
