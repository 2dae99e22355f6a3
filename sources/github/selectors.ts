import { z } from 'zod';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import { type ItemKind, items } from './items.ts';

// What GitHub and Gitea allow in an account's name; `.` and `..` would change the path that is asked for.
const organizations = z
  .array(z.string().regex(/^[A-Za-z0-9_][\w.-]*$/, 'is not the name of an organization, as in its URL'))
  .min(1, 'names no organization');

const type = z.enum(['all', 'public', 'private', 'forks', 'sources', 'member']).default('all');

const state = z.enum(['open', 'closed', 'all']).default('open');

/** Selector fields of each kind (seed S3.14, S3.22, S3.24). */
export const selectorSchemas = {
  organization: z.strictObject({ organizations }),
  repository: z.strictObject({ organizations, type }),
  'pull-request': z.strictObject({ organizations, type, state }),
  issue: z.strictObject({ organizations, type, state }),
} satisfies Readonly<Record<ItemKind | 'organization' | 'repository', z.ZodType>>;

export type Kind = keyof typeof selectorSchemas;
export type RepositoryType = z.infer<typeof type>;
export type ItemState = z.infer<typeof state>;

/**
 * The repository is of the type asked for, as far as the record tells (`member` cannot be told). Asked of what a
 * listing returned as well, because not every API with GitHub's routes knows the parameter `type`.
 */
export function isOfType(type: RepositoryType, repository: RawRecord): boolean {
  if (type === 'public') return repository.private !== true;
  if (type === 'private') return repository.private !== false;
  if (type === 'forks') return repository.fork !== false;
  if (type === 'sources') return repository.fork !== true;
  return true;
}

/**
 * A record falls under a selector: it belongs to one of the organizations and is of the type and state asked for. For
 * records that come one by one, by lookup or event (sync-semantics 6.5): a pull request that was closed still exists
 * and has nevertheless left the view `state: open`.
 */
export function isSelected(kind: Kind, selector: unknown, record: RawRecord): boolean {
  if (kind === 'organization') {
    const { organizations } = selectorSchemas.organization.parse(selector);
    return includes(organizations, loginOf(record));
  }
  if (kind === 'repository') {
    const { organizations, type } = selectorSchemas.repository.parse(selector);
    return includes(organizations, loginOf(record.owner)) && isOfType(type, record);
  }
  const { organizations, type, state } = selectorSchemas[kind].parse(selector);
  const repository = items[kind].repositoryOf(record);
  if (!items[kind].isOne(record) || !isRawRecord(repository)) return false;
  if (!includes(organizations, loginOf(repository.owner))) return false;
  return isOfType(type, repository) && (state === 'all' || record.state === state);
}

/** The name of an account: GitHub calls it `login`; Gitea's organizations have `username` and `name` instead. */
export function loginOf(account: unknown): string | null {
  if (!isRawRecord(account)) return null;
  const login = account.login ?? account.username ?? account.name;
  return typeof login === 'string' && login !== '' ? login : null;
}

function includes(organizations: readonly string[], login: string | null): boolean {
  return login !== null && organizations.some((name) => name.toLowerCase() === login.toLowerCase());
}
