import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configurationJsonSchema } from '../../config/json-schema.ts';
import { loadConfiguration } from '../../config/load.ts';
import { patchDocument } from '../../config/patch.ts';
import { ConfigurationError } from '../../config/problem.ts';
import { githubDefaults } from '../../sources/github/defaults.ts';
import { configurationContext } from '../../workers/configuration-context.ts';

const context = configurationContext({});

const load = (text: string) => loadConfiguration({ file: 'tidemark.yaml', text }, context);

const github = (resources: string, top = ''): string => `${top}integrations:
  acme:
    source: { type: github }
    resources:
${resources}`;

const KINDS = ['organization', 'repository', 'pull-request', 'issue'];

const bare = (kind: string): string => `      - kind: ${kind}\n        selector: { organizations: [acme] }\n`;

describe('the mappings and blueprints that come with a source', () => {
  it('fill in every kind of github that says nothing, blueprints included', () => {
    const { integrations, documents } = load(github(KINDS.map(bare).join('')));
    expect(integrations[0]?.resources.map(({ kind, entity }) => [kind, entity.blueprint])).toEqual([
      ['organization', '"githubOrganization"'],
      ['repository', '"githubRepository"'],
      ['pull-request', '"githubPullRequest"'],
      ['issue', '"githubIssue"'],
    ]);
    expect(documents[0]?.blueprints).toEqual(githubDefaults.blueprints);
  });

  it('are stored with the configuration, with no more blueprints than it takes', () => {
    const [document] = load(github(bare('repository'))).documents;
    expect(document?.blueprints).toEqual({
      githubOrganization: githubDefaults.blueprints.githubOrganization,
      githubRepository: githubDefaults.blueprints.githubRepository,
    });
    expect(document?.integration).toMatchObject({ resources: [{ entity: githubDefaults.mappings.repository }] });
  });

  it('leave what the user has written as it is: a mapping is taken whole, and a blueprint of the same name', () => {
    const own = `      - kind: repository
        selector: { organizations: [acme] }
        entity: { identifier: name, blueprint: '"repo"' }
`;
    expect(load(github(own)).documents[0]?.blueprints).toEqual({});
    const blueprint = { properties: {}, relations: { organization: { target: 'org' } } };
    const top = `blueprints: { org: {}, githubRepository: ${JSON.stringify(blueprint)} }\n`;
    const [document] = load(github(own + bare('repository'), top)).documents;
    expect(document?.blueprints).toMatchObject({ org: {}, githubRepository: blueprint });
    expect(document?.integration).toMatchObject({
      resources: [
        { entity: { identifier: 'name', blueprint: '"repo"' } },
        { entity: githubDefaults.mappings.repository },
      ],
    });
  });

  it('that do not fit a blueprint of the user are a mistake, told at the resource', () => {
    const found = mistakes(github(bare('repository'), 'blueprints: { githubRepository: }\n'));
    expect(found).toEqual([
      expect.stringMatching(
        /^tidemark\.yaml:6:9 {2}integrations\.acme\.resources\[0\]\.entity\.relations\.organization: blueprint "githubRepository" declares no such relation/,
      ),
    ]);
  });

  it('are not there for a source that ships none: the mapping is missing, with its place', () => {
    const text = `integrations:
  acme:
    source: { type: http, url: "http://127.0.0.1:1", kinds: { thing: { path: /things, paging: none } } }
    resources:
      - kind: thing
`;
    expect(mistakes(text)).toEqual([expect.stringMatching(/^tidemark\.yaml:5:9 .*resources\[0\]\.entity: is missing/)]);
  });

  it('hold for a configuration that is changed from outside as well', () => {
    const [document] = load(github(bare('repository'))).documents;
    const resources = [{ kind: 'issue', selector: { organizations: ['acme'] } }];
    const patched = patchDocument(document as NonNullable<typeof document>, { resources }, context);
    expect(patched.integration).toMatchObject({ resources: [{ entity: githubDefaults.mappings.issue }] });
    expect(Object.keys(patched.blueprints as object)).toContain('githubIssue');
  });

  it('need no `entity` in an editor either, which says so where it is needed', () => {
    const validator = z.fromJSONSchema(configurationJsonSchema(context) as z.core.JSONSchema.JSONSchema);
    const text = github(KINDS.map(bare).join(''));
    expect(validator.safeParse(parse(text)).success).toBe(true);
    const elsewhere = text.replace('type: github', 'type: module, module: ./module.ts');
    expect(validator.safeParse(parse(elsewhere)).success).toBe(false);
  });
});

function mistakes(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
  throw new Error('the configuration was accepted');
}
