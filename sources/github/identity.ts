import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import type { RecordIdentity } from '../source.ts';
import { type ItemKind, items } from './items.ts';
import { type Kind, loginOf } from './selectors.ts';

/**
 * A path of the API from its parts, each escaped. `null` when a part is missing, would change the path (`..`) or
 * cannot be escaped.
 * Parts that hold slashes are split: `acme/website` is two.
 */
export function apiPath(...parts: readonly (Json | undefined)[]): string | null {
  const steps: string[] = [];
  for (const part of parts) {
    if (typeof part !== 'string' && typeof part !== 'number') return null;
    steps.push(...String(part).split('/'));
  }
  if (steps.some((step) => step === '' || step === '.' || step === '..' || !step.isWellFormed())) return null;
  return `/${steps.map(encodeURIComponent).join('/')}`;
}

/**
 * What a record is known by: `node_id`, which survives renames, else kind and `id` (Gitea has no `node_id`); and the
 * path of the API at which it can be read again.
 */
export function identify(kind: Kind, record: RawRecord): RecordIdentity {
  return { key: keyOf(kind, record), locator: locators[kind](record) };
}

function keyOf(kind: Kind, { node_id, id }: RawRecord): string | null {
  if (typeof node_id === 'string' && node_id !== '') return node_id;
  const hasId = typeof id === 'number' || (typeof id === 'string' && id !== '');
  return hasId ? `${kind}:${id}` : null;
}

const locators: Readonly<Record<Kind, (record: RawRecord) => string | null>> = {
  organization: (record) => apiPath('orgs', loginOf(record)),
  repository: (record) => apiPath('repositories', record.id),
  'pull-request': (record) => itemPath('pull-request', record),
  issue: (record) => itemPath('issue', record),
};

function itemPath(kind: ItemKind, record: RawRecord): string | null {
  const repository = items[kind].repositoryOf(record);
  return isRawRecord(repository) ? apiPath('repos', repository.full_name, items[kind].path, record.number) : null;
}

/**
 * Where the repository of an issue can be read that was asked for by itself: GitHub gives the repository's address,
 * Gitea a short form of it. Throws `SourceError` when there is neither.
 */
export function repositoryPathOf({ repository_url, repository, number }: RawRecord): string {
  const short = isRawRecord(repository) ? repository.full_name : undefined;
  const [, long] = typeof repository_url === 'string' ? (/\/repos\/([^/]+\/[^/]+)$/.exec(repository_url) ?? []) : [];
  const path = apiPath('repos', short ?? long);
  if (path === null) throw new SourceError(`The record of issue ${number} does not name its repository`);
  return path;
}

/** Whether the answer to a lookup leaves out what the record's key was made of: then it proves nothing. */
export function lacksKey(kind: Kind, key: string, record: RawRecord): boolean {
  const known = keyOf(kind, record);
  return known === null || (known.startsWith(`${kind}:`) && !key.startsWith(`${kind}:`));
}
