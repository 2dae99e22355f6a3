import type { Configuration, Kind } from './events.ts';

/** What an integration of a scenario keeps from its first configuration to its last. */
export interface Settings {
  readonly integration: string;
  readonly baseUrl: string;
  readonly lookupLimit: number;
  readonly onTrigger: 'restart' | 'queue' | 'join';
  readonly starvationGuard: number;
}

const text = { type: 'string' } as const;
const mapping = { type: 'number' } as const;

const blueprints = {
  organization: { properties: { url: text, mapping } },
  repository: {
    properties: { language: text, topics: { type: 'array' }, mapping },
    relations: { organization: { target: 'organization' } },
  },
  pullRequest: { properties: { state: text, mapping }, relations: { repository: { target: 'repository' } } },
};

/** The configuration file: what `map` of the model says in its own words. The organization's name is the integration's. */
export function configurationText(settings: Settings, configuration: Configuration): string {
  const { integration, baseUrl, lookupLimit, onTrigger, starvationGuard } = settings;
  const { number, variant, kinds, removed, emptySource } = configuration;
  const organizations = [integration];
  const numbered = { mapping: String(number) };
  const entities: Readonly<Record<Kind, object>> = {
    organization: {
      selector: { organizations },
      entity: {
        identifier: 'login',
        blueprint: '"organization"',
        title: 'login',
        properties: { url: 'url', ...numbered },
      },
    },
    repository: {
      selector: { organizations, type: 'all' },
      entity: {
        identifier: variant === 'renamed' ? 'full_name & "@2"' : 'full_name',
        blueprint: '"repository"',
        title: variant === 'decorated' ? '"repository " & name' : 'name',
        properties: { ...(variant === 'decorated' ? {} : { language: 'language', topics: '[topics]' }), ...numbered },
        relations: { organization: 'owner.login' },
      },
    },
    'pull-request': {
      // Another type, so that the source's log can tell whose listing of repositories it is.
      selector: { organizations, type: 'sources', state: 'all' },
      entity: {
        identifier: 'base.repo.full_name & "#" & $string(number)',
        blueprint: '"pullRequest"',
        title: 'title',
        properties: { state: 'state', ...numbered },
        relations: { repository: 'base.repo.full_name' },
      },
    },
  };
  return JSON.stringify({
    blueprints,
    integrations: {
      [integration]: {
        source: { type: 'github', baseUrl },
        cancelDeadline: '2s',
        onTrigger,
        starvationGuard,
        deletes: { maxShare: 1, emptySource, removed, lookupLimit },
        resources: kinds.map((kind) => ({ kind, ...entities[kind] })),
      },
    },
  });
}
