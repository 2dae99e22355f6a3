/** The one integration of the benchmark. */
export const INTEGRATION = 'bench';

export const KINDS = ['organization', 'repository', 'pull-request'] as const;

export type Kind = (typeof KINDS)[number];

export interface ConfigurationFacts {
  readonly baseUrl: string;
  /** Logins of the organizations that hold the repositories. */
  readonly organizations: readonly string[];
  /** Login of the organization that holds the pull requests. */
  readonly pullsOrganization: string;
}

const blueprints = {
  benchOrg: {},
  benchRepo: { relations: { organization: { target: 'benchOrg' } } },
  benchPr: { relations: { repository: { target: 'benchRepo' } } },
};

/**
 * The configuration file: 15 expressions a repository and 13 a pull request, most of them plain paths, as people write
 * them. JSON is YAML.
 */
export function configurationText(
  { baseUrl, organizations, pullsOrganization }: ConfigurationFacts,
  destination: Readonly<Record<string, unknown>> = { type: 'catalog' },
): string {
  const resources = [
    {
      kind: 'organization',
      selector: { organizations, query: 'true' },
      entity: {
        identifier: 'login',
        blueprint: '"benchOrg"',
        title: 'login',
        properties: { url: 'html_url', description: 'description' },
      },
    },
    {
      kind: 'repository',
      selector: { organizations, query: 'true' },
      entity: {
        identifier: 'full_name',
        blueprint: '"benchRepo"',
        title: 'name',
        properties: {
          url: 'html_url',
          description: 'description',
          language: 'language ?: "unknown"',
          visibility: 'visibility',
          defaultBranch: 'default_branch',
          stars: 'stargazers_count',
          topics: '[topics]',
          isArchived: 'archived',
          license: 'license.spdx_id',
          summary: 'name & " (" & (language ?: "n/a") & ", " & $string(stargazers_count) & " stars)"',
        },
        relations: { organization: 'owner.login' },
      },
    },
    {
      kind: 'pull-request',
      selector: { organizations: [pullsOrganization], state: 'all', query: 'true' },
      entity: {
        identifier: 'base.repo.full_name & "#" & $string(number)',
        blueprint: '"benchPr"',
        title: 'title',
        properties: {
          url: 'html_url',
          status: 'state',
          author: 'user.login',
          draft: 'draft',
          labels: '[labels.name]',
          number: 'number',
          authorId: 'user.id',
          updatedAt: 'updated_at',
        },
        relations: { repository: 'base.repo.full_name' },
      },
    },
  ];
  return JSON.stringify({
    blueprints,
    integrations: { [INTEGRATION]: { source: { type: 'github', baseUrl }, destination, resources } },
  });
}
