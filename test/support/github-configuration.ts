/**
 * Changes to the resources of the test configuration, by kind; `null` leaves the kind out. The kind `issue` is only
 * there when it is named.
 */
export type ResourceOverrides = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

export interface GitHubConfigurationOptions {
  readonly integration: string;
  readonly baseUrl: string;
  readonly organizations: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Keys of `source:` besides `type` and `baseUrl`. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly resources?: ResourceOverrides;
}

const blueprints = {
  organization: { properties: { url: { type: 'string' } } },
  repository: {
    properties: {
      url: { type: 'string' },
      language: { type: 'string' },
      license: { type: 'string' },
      topics: { type: 'array' },
    },
    relations: { organization: { target: 'organization' } },
  },
  pullRequest: {
    properties: { state: { type: 'string' }, author: { type: 'string' } },
    relations: { repository: { target: 'repository' } },
  },
  issue: {
    properties: { state: { type: 'string' } },
    relations: { repository: { target: 'repository' } },
  },
};

/** The configuration file of the tests: kinds of GitHub. JSON is YAML. */
export function githubConfiguration(options: GitHubConfigurationOptions): string {
  const { integration, baseUrl, organizations, settings = {}, source = {}, resources: overrides = {} } = options;
  const resources = [
    {
      kind: 'organization',
      selector: { organizations },
      entity: { identifier: 'login', blueprint: '"organization"', title: 'login', properties: { url: 'url' } },
    },
    {
      kind: 'repository',
      selector: { organizations },
      entity: {
        identifier: 'full_name',
        blueprint: '"repository"',
        title: 'name',
        properties: { url: 'html_url', language: 'language', license: 'license.spdx_id', topics: '[topics]' },
        relations: { organization: 'owner.login' },
      },
    },
    {
      kind: 'pull-request',
      selector: { organizations, state: 'all' },
      entity: {
        identifier: 'base.repo.full_name & "#" & $string(number)',
        blueprint: '"pullRequest"',
        title: 'title',
        properties: { state: 'state', author: 'user.login' },
        relations: { repository: 'base.repo.full_name' },
      },
    },
    {
      kind: 'issue',
      selector: { organizations, state: 'all' },
      entity: {
        identifier: 'repository.full_name & "#" & $string(number)',
        blueprint: '"issue"',
        title: 'title',
        properties: { state: 'state' },
        relations: { repository: 'repository.full_name' },
      },
    },
  ];
  const chosen = resources
    .filter(({ kind }) => (kind === 'issue' ? overrides[kind] : overrides[kind] !== null))
    .map((resource) => ({ ...resource, ...overrides[resource.kind] }));
  return JSON.stringify({
    blueprints,
    integrations: { [integration]: { source: { type: 'github', baseUrl, ...source }, ...settings, resources: chosen } },
  });
}
