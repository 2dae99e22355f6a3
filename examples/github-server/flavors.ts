import type { RawRecord } from '../../domain/json.ts';

export type FlavorName = 'github' | 'enterprise' | 'gitea';
export type RecordKind = 'organization' | 'repository' | 'pull-request';

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
  shape(kind: RecordKind, record: RawRecord): RawRecord;
}

const github: Flavor = {
  base: '',
  sizeParameter: 'per_page',
  maxPageSize: 100,
  linksById: true,
  hasRateLimit: true,
  knowsType: true,
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
    shape(kind, { node_id: _, ...record }) {
      if (kind !== 'organization') return record;
      // Gitea's organizations have no `login`.
      const { id, login = null, description = null, avatar_url = null } = record;
      return { id: id ?? null, name: login, username: login, description, avatar_url, visibility: 'public' };
    },
  },
};
