import type { RawRecord } from '../../domain/json.ts';

export type FlavorName = 'github' | 'enterprise' | 'gitea';
export type RecordKind = 'organization' | 'repository' | 'pull-request' | 'issue';

/** In what the APIs with GitHub's routes differ from each other. */
export interface Flavor {
  /** The path below which the routes lie. */
  readonly base: string;
  readonly sizeParameter: 'per_page' | 'limit';
  readonly maxPageSize: number;
  /** Links to further pages name the owner by id (`/organizations/1/repos?page=2`), not by name. */
  readonly linksById: boolean;
  readonly hasRateLimit: boolean;
  /** Lists of repositories know the parameter `type`. */
  readonly knowsType: boolean;
  /** Lists of pull requests and issues know `sort` and `direction`. */
  readonly knowsSort: boolean;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
  shape(kind: RecordKind, record: RawRecord): RawRecord;
}

const github: Flavor = {
  base: '',
  sizeParameter: 'per_page',
  maxPageSize: 100,
  linksById: true,
  hasRateLimit: true,
  knowsType: true,
  knowsSort: true,
  headers: { 'x-github-media-type': 'github.v3; format=json' },
  shape: (_kind, record) => record,
};

export const flavors: Readonly<Record<FlavorName, Flavor>> = {
  github,
  enterprise: { ...github, base: '/api/v3' },
  gitea: {
    base: '/api/v1',
    sizeParameter: 'limit',
    maxPageSize: 50,
    linksById: false,
    hasRateLimit: false,
    knowsType: false,
    knowsSort: false,
    headers: {},
    shape(kind, { node_id: _, ...record }) {
      if (kind === 'issue') return giteaIssue(record);
      if (kind !== 'organization') return record;
      // Gitea's organizations have no `login`.
      const { id, login = null, description = null, avatar_url = null } = record;
      return { id: id ?? null, name: login, username: login, description, avatar_url, visibility: 'public' };
    },
  },
};

/** It names its repository in a short form in place of the address. */
function giteaIssue({ repository_url, ...record }: RawRecord): RawRecord {
  const [owner = '', name = ''] = String(repository_url).split('/').slice(-2);
  return { pull_request: null, ...record, repository: { name, owner, full_name: `${owner}/${name}` } };
}
