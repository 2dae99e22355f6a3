import { z } from 'tidemark';

/** The kinds that the integration reads. */
export const ObjectKind = {
  ORGANIZATION: 'organization',
  REPOSITORY: 'repository',
  PULL_REQUEST: 'pull-request',
} as const;

const organizations = z.array(z.string().min(1)).min(1);
const type = z.enum(['all', 'public', 'private', 'forks', 'sources', 'member']).default('all');

/** What the selector of each kind holds. An unknown key or value is a mistake that `tidemark validate` finds. */
export const organizationSelector = z.strictObject({ organizations });
export const repositorySelector = z.strictObject({ organizations, type });
export const pullRequestSelector = z.strictObject({
  organizations,
  type,
  state: z.enum(['open', 'closed', 'all']).default('open'),
});
