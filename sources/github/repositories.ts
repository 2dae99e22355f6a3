import { SourceError } from '../../domain/errors.ts';
import type { RequestOptions } from '../http-client/client.ts';
import type { Page } from '../source.ts';
import {
  decodeCursor,
  encodeCursor,
  organizationAfter,
  type RepositoryPlace,
  repositoryPlaceSchema,
} from './cursor.ts';
import type { ListPage, ListReader, Position } from './paging.ts';
import { isOfType, type RepositoryType } from './selectors.ts';

export interface RepositoriesRequest extends RequestOptions {
  readonly organizations: readonly string[];
  readonly type: RepositoryType;
  /** The cursor of the page to go on after; `null`: from the start. */
  readonly after: string | null;
}

/** The repositories of the organizations, one page of the API after the other. */
export async function* repositoryPages(reader: ListReader, request: RepositoriesRequest): AsyncGenerator<Page> {
  let place = request.after === null ? startOf(request) : decodeCursor(repositoryPlaceSchema, request.after);
  while (place !== null) {
    const { rows, next } = await readRepositories(reader, place, request);
    place = placeAfter(place.organization, next, request.organizations);
    yield { rows, next: place === null ? null : encodeCursor(place) };
  }
}

/** Where the reading goes on after a page of repositories; `null`: that was the last of the last organization. */
export function placeAfter(
  organization: string,
  next: Position | null,
  organizations: readonly string[],
): RepositoryPlace | null {
  if (next !== null) return { organization, page: next };
  const following = organizationAfter(organization, organizations);
  return following === null ? null : { organization: following, page: null };
}

/** One page of an organization's repositories. Throws `SourceError` when the organization is not there. */
export async function readRepositories(
  reader: ListReader,
  { organization, page }: RepositoryPlace,
  request: RequestOptions & { readonly type: RepositoryType },
): Promise<ListPage> {
  const { type } = request;
  const position = page ?? reader.first(`/orgs/${encodeURIComponent(organization)}/repos`, { type });
  const read = await reader.page(position, request);
  if (read === null) throw noOrganization(organization);
  return { ...read, rows: read.rows.filter((repository) => isOfType(type, repository)) };
}

/** What to say when the API answers 404 for an organization. */
export function noOrganization(name: string): SourceError {
  return new SourceError(
    `The organization ${name} was not found: check its name in the selector's organizations ` +
      '(a user account is none), and that source.accessToken may see it',
  );
}

function startOf({ organizations }: RepositoriesRequest): RepositoryPlace | null {
  const [organization] = organizations;
  return organization === undefined ? null : { organization, page: null };
}
