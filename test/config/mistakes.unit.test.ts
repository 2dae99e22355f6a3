import { describe, expect, it } from 'vitest';
import { acme, load, loadOne, mistakes, refusal } from './support.ts';

describe('mistakes', () => {
  it('are all reported at once, each with the line and column of the very node, in the order of the file', () => {
    const text = `blueprints:
  repo:
    properties: { url: { type: strng } }
integrations:
  acme:
    source:
      type: forge
      base_url: https://forge.example
    concurrency: 0
    cancelDeadline: 1s
    resources:
      - kind: repositry
      - kind: repository
        selector: { query: "a !! b", type: privat }
        entity:
          identifier: name
          title: 'x !! y'
  Beta: {}
unknown: 1
`;
    expect(mistakes(text)).toEqual([
      '3:32  blueprints.repo.properties.url.type: must be one of: string, number, boolean, array, object, not "strng"',
      '8:7  integrations.acme.source.base_url: unknown key "base_url"; did you mean "baseUrl"? (one of: baseUrl, accessToken, pageSize, archived, region, type)',
      '9:18  integrations.acme.concurrency: must be at least 1, not 0',
      '10:21  integrations.acme.cancelDeadline: must be at least 2s',
      '12:9  integrations.acme.resources[0].entity: is missing; it must be a map',
      '12:15  integrations.acme.resources[0].kind: unknown kind "repositry"; did you mean "repository"? (one of: organization, repository)',
      '14:31  integrations.acme.resources[1].selector.query: is not valid JSONata: unexpected !! in a !! b (at character 3)',
      '14:44  integrations.acme.resources[1].selector.type: must be one of: all, public, not "privat"',
      '15:9  integrations.acme.resources[1].entity.blueprint: is missing; it must be a JSONata expression, such as full_name',
      '17:21  integrations.acme.resources[1].entity.title: is not valid JSONata: unexpected !! in x !! y (at character 3)',
      '18:3  integrations.Beta: an integration id has 1 to 63 lower-case letters, digits and hyphens, and does not begin with a hyphen',
      '18:3  integrations.Beta.source: is missing; it must be a map',
      '18:3  integrations.Beta.resources: is missing; it must be a list',
      '19:1  unknown: unknown key "unknown"; one of: server, blueprints, integrations',
    ]);
  });

  it('are one line each in the message, and one entry each in `problems`', () => {
    const error = refusal(acme({ integration: '    concurrency: many\n    kind: x\n' }));
    expect(error.name).toBe('ConfigurationError');
    expect(error.retry).toBe('terminal');
    expect(error.message.split('\n')[0]).toBe(
      'tidemark.yaml:5:18  integrations.acme.concurrency: must be a number, not "many"',
    );
    expect(error.problems).toEqual([
      {
        file: 'tidemark.yaml',
        line: 5,
        column: 18,
        path: 'integrations.acme.concurrency',
        message: 'must be a number, not "many"',
      },
      expect.objectContaining({ line: 6, column: 5, path: 'integrations.acme.kind' }),
    ]);
  });

  it('beyond a hundred are counted in the message and kept in `problems`', () => {
    const keys = Array.from({ length: 250 }, (_, index) => `k${index}: 1\n`).join('');
    const error = refusal(`${keys}${acme()}`);
    expect(error.problems).toHaveLength(250);
    expect(error.message.split('\n')).toHaveLength(101);
    expect(error.message).toContain('… and 150 more');
  });

  it.each([
    ['githb', 'unknown source type "githb"; one of: forge, feed'],
    ['forg', 'unknown source type "forg"; did you mean "forge"? (one of: forge, feed)'],
    ['[forge]', 'must be one of: forge, feed, not a list'],
    ['', 'is missing; one of: forge, feed'],
    ['constructor', 'unknown source type "constructor"; one of: forge, feed'],
  ])('source type %j: %s', (type, message) => {
    const found = mistakes(
      `integrations:\n  acme:\n    source:\n      type: ${type}\n    resources:\n${'      - {kind: a, entity: {identifier: a, blueprint: b}}\n'}`,
    );
    expect(found).toEqual([expect.stringMatching(/^[34]:\d+ {2}integrations\.acme\.source\.type: /)]);
    expect(found[0]).toContain(message);
  });

  it('S3.11 an unknown kind and an unknown selector key are refused, with those that the source has', () => {
    const resources = `      - kind: pull-request
        entity: { identifier: a, blueprint: b }
      - kind: organization
        selector: { organisations: [acme] }
        entity: { identifier: a, blueprint: b }
`;
    expect(mistakes(acme({ resources }))).toEqual([
      '6:15  integrations.acme.resources[0].kind: unknown kind "pull-request"; one of: organization, repository',
      '9:9  integrations.acme.resources[1].selector.organizations: is missing; it must be a list',
      '9:21  integrations.acme.resources[1].selector.organisations: unknown key "organisations"; did you mean "organizations"? (one of: organizations, query)',
    ]);
  });

  it('in a resource of an unknown kind are found as well', () => {
    const resources = "      - { kind: x, selector: { a: 1 }, entity: { identifier: 'a!!', blueprint: b } }\n";
    const found = mistakes(acme({ resources }));
    expect(found).toHaveLength(2);
    expect(found[0]).toContain('resources[0].kind');
    expect(found[1]).toContain('resources[0].entity.identifier: is not valid JSONata');
  });

  it('of a missing source or destination name the place that lacks it', () => {
    expect(mistakes('integrations:\n  acme:\n    destination: {type: x}\n    resources: []\n')).toEqual([
      '2:3  integrations.acme.source: is missing; it must be a map',
      '3:25  integrations.acme.destination.type: unknown destination type "x"; one of: catalog',
      '4:16  integrations.acme.resources: must have at least 1 entry',
    ]);
  });

  it.each([
    ['concurrency: "4"', 'must be a number, not "4"; take the quotes off'],
    ['concurrency: 65', 'must be at most 64, not 65'],
    ['concurrency: 2.5', 'must be a whole number, not 2.5'],
    ['cancelDeadline: 5', 'must be a duration with its unit, such as 500ms, 5s, 2m, 2h or 1d'],
    ['cancelDeadline: 5 s', 'must be a duration with its unit'],
    ['cancelDeadline: 1999ms', 'must be at least 2s'],
    ['cancelDeadline: 25d', 'must be at most 24d'],
    ['deletes: { lookupLimit: -1 }', 'must be at least 0, not -1'],
    ['deletes: 5', 'must be a map, not 5'],
    ['destination: catalog', 'must be a map, not that text'],
  ])('%s: %s', (line, message) => {
    const found = mistakes(acme({ integration: `    ${line}\n` }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('a text that YAML takes for a number is to be put in quotes', () => {
    const resources =
      '      - { kind: organization, selector: { organizations: [42] }, entity: { identifier: a, blueprint: b } }\n';
    expect(mistakes(acme({ resources }))[0]).toContain('organizations[0]: must be text, not 42; put it in quotes');
  });
});

describe('expressions', () => {
  const entity = (fields: string) => acme({ resources: `      - kind: repository\n        entity:\n${fields}` });
  const identity = '          identifier: name\n          blueprint: type\n';

  it.each([
    ['plain', 'title: ab !!', '10:21'],
    ['single quotes', "title: 'ab !!'", '10:22'],
    ['double quotes', 'title: "ab !!"', '10:22'],
    ['quotes with an escape, where characters cannot be counted', 'title: "a\\tb !!"', '10:18'],
    ['a block, where lines cannot be counted', 'title: |\n            a\n            !!', '10:18'],
  ])('an error in %s is shown where it is', (_, line, place) => {
    expect(mistakes(entity(`${identity}          ${line}\n`))[0]).toMatch(new RegExp(`^${place} {2}.*entity\\.title:`));
  });

  it.each([
    ['[topics]', "is a YAML list; write the expression in quotes, such as '[labels.name]'"],
    ['{ a: b }', `is a YAML map; write the expression in quotes, such as '{"name": name}'`],
    ['""', 'is not valid JSONata: it is empty'],
    ['" "', 'is not valid JSONata: it is empty'],
  ])('%s: %s', (value, message) => {
    const found = mistakes(entity(`${identity}          properties: { topics: ${value} }\n`));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`entity.properties.topics: ${message}`);
  });

  it('numbers and booleans are taken as their text, nothing as not mapped', () => {
    const text = entity(
      `${identity}          title:\n          team: null\n          properties: { stars: 5, old: true, none: null, half: 0.5 }\n`,
    );
    const { entity: mapping, query } = loadOne(text).resources[0] ?? {};
    expect(query).toBe('true');
    expect(mapping).toEqual({
      identifier: 'name',
      blueprint: 'type',
      title: null,
      team: null,
      properties: { stars: '5', old: 'true', half: '0.5' },
      relations: {},
      modifiedAt: null,
    });
  });

  it('each place that takes an expression checks it', () => {
    const resources = `      - kind: repository
        selector: { query: "!!" }
        itemsToParse: "!!"
        entity: { identifier: "!!", blueprint: "!!", title: "!!", team: "!!", properties: { a: "!!" }, relations: { b: "!!" } }
`;
    expect(
      refusal(acme({ resources })).problems.map(({ path }) => path.replace('integrations.acme.resources[0].', '')),
    ).toEqual([
      'selector.query',
      'itemsToParse',
      'entity.identifier',
      'entity.blueprint',
      'entity.title',
      'entity.team',
      'entity.properties.a',
      'entity.relations.b',
    ]);
  });
});

describe('a configuration that is right', () => {
  it('has defaults for what it leaves out, or leaves empty', () => {
    const expected = {
      id: 'acme',
      source: { type: 'forge', settings: { baseUrl: 'https://forge.example', pageSize: 100, archived: false } },
      destination: { type: 'catalog', settings: {} },
      cancelDeadline: 5_000,
      concurrency: 4,
      scheduledResyncInterval: null,
      onTrigger: 'restart',
      starvationGuard: 5,
      checkpointOverlap: 600_000,
      deletes: { maxShare: 0.3, maxCount: null, emptySource: 'hold', removed: 'hold', lookupLimit: 200 },
      resources: [
        {
          key: 'repository',
          position: 0,
          kind: 'repository',
          query: 'true',
          selector: { type: 'all' },
          entity: {
            identifier: 'name',
            blueprint: '"repo"',
            title: null,
            team: null,
            properties: {},
            relations: {},
            modifiedAt: null,
          },
          itemsToParse: null,
          strategy: { create: true, update: true },
          policy: {},
          resolve: null,
        },
      ],
    };
    expect(loadOne(acme())).toEqual(expected);
    const integration = '    destination:\n    cancelDeadline:\n    concurrency: null\n    deletes: { lookupLimit: }\n';
    const resources = `      - kind: repository
        selector:
        itemsToParse: null
        entity: { identifier: name, blueprint: '"repo"', title: , properties: , relations: null }
`;
    expect(loadOne(acme({ source: '      accessToken:\n', integration, resources }))).toEqual(expected);
  });

  it('keeps what it says', () => {
    const resources = `      - kind: organization
        selector: { query: 'active', organizations: [acme, beta] }
        itemsToParse: teams
        entity: { identifier: id, blueprint: kind, title: name, team: owner, properties: { a.b: c }, relations: { d: e } }
`;
    const integration =
      '    cancelDeadline: 2m\n    concurrency: 1\n    deletes: { lookupLimit: 0 }\n    destination: { type: catalog }\n';
    expect(loadOne(acme({ source: '      pageSize: 7\n', integration, resources }))).toMatchObject({
      source: { settings: { pageSize: 7 } },
      cancelDeadline: 120_000,
      concurrency: 1,
      deletes: { lookupLimit: 0 },
      resources: [
        {
          query: 'active',
          selector: { organizations: ['acme', 'beta'] },
          itemsToParse: 'teams',
          entity: {
            identifier: 'id',
            blueprint: 'kind',
            title: 'name',
            team: 'owner',
            properties: { 'a.b': 'c' },
            relations: { d: 'e' },
          },
        },
      ],
    });
  });

  it('1.1 names each resource by its kind, and later ones of the same kind by their number', () => {
    const entry = (kind: string, selector = '') =>
      `      - { kind: ${kind}, ${selector}entity: { identifier: a, blueprint: b } }\n`;
    const organizations = 'selector: { organizations: [a] }, ';
    const resources = [
      entry('repository'),
      entry('organization', organizations),
      entry('repository'),
      entry('repository'),
    ];
    const { resources: read } = loadOne(acme({ resources: resources.join('') }));
    expect(read.map(({ key, position }) => [key, position])).toEqual([
      ['repository', 0],
      ['organization', 1],
      ['repository#2', 2],
      ['repository#3', 3],
    ]);
  });

  it('keeps the order of the file', () => {
    const entry = (id: string) =>
      `  ${id}: { source: { type: feed }, resources: [{ kind: item, entity: { identifier: a, blueprint: b } }] }\n`;
    const { integrations, documents } = load(`integrations:\n${entry('zeta')}${entry('alpha')}${entry('10')}`);
    // A name that looks like a number comes first in every JavaScript object.
    expect(integrations.map(({ id }) => id)).toEqual(['10', 'zeta', 'alpha']);
    expect(documents.map(({ id }) => id)).toEqual(['10', 'zeta', 'alpha']);
  });
});
