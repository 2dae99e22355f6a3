import { describe, expect, it } from 'vitest';
import { acme, load, loadOne, mistakes } from './support.ts';

const resource = (components: string, policy = '') => `      - kind: repository
        entity: { identifier: name, blueprint: '"repo"' }
${policy}        components:
${components}`;

const BRANCH = `          - items: branches
            entity: { identifier: item.name, blueprint: '"branch"', title: item.name }
`;

describe('components:', () => {
  it('is a list of items and entities; left out or empty, there are none', () => {
    const [mapped] = loadOne(acme({ resources: resource(BRANCH) })).resources;
    expect(mapped?.components).toEqual([
      {
        items: 'branches',
        entity: {
          identifier: 'item.name',
          blueprint: '"branch"',
          title: 'item.name',
          team: null,
          properties: {},
          relations: {},
          modifiedAt: null,
        },
      },
    ]);
    expect(mapped?.strategy).toEqual({ create: true, update: true, components: [{ create: true, update: true }] });
    expect(loadOne(acme()).resources[0]?.components).toEqual([]);
    expect(loadOne(acme({ resources: resource('') })).resources[0]?.components).toEqual([]);
  });

  it("S2.9 7.1 have a strategy of their own, else the record's", () => {
    const own = (policy: string) => `${BRANCH}            policy: ${policy}\n`;
    const record = '        policy: { strategy: [create] }\n';
    const strategies = (components: string, policy = '') =>
      loadOne(acme({ resources: resource(components, policy) })).resources[0]?.strategy.components;
    expect(strategies(own('{ strategy: update }'))).toEqual([{ create: false, update: true }]);
    expect(strategies(own('{ strategy: }'), record)).toEqual([{ create: false, update: false }]);
    expect(strategies(own('{}') + BRANCH, record)).toEqual([
      { create: true, update: false },
      { create: true, update: false },
    ]);
  });

  it.each([
    [
      `          - entity: { identifier: a, blueprint: b }\n`,
      'components[0].items: is missing; it must be a JSONata expression',
    ],
    [`          - items: branches\n`, 'components[0].entity: is missing'],
    [
      `          - items: "!!"\n            entity: { identifier: a, blueprint: b }\n`,
      'components[0].items: is not valid JSONata',
    ],
    [
      `          - items: a\n            entity: { identifier: a, blueprint: b, titel: c }\n`,
      'entity.titel: unknown key "titel"; did you mean "title"',
    ],
    [`${BRANCH}            policy: { resolution: newer }\n`, 'policy.resolution: unknown key "resolution"'],
    [`${BRANCH}            components: []\n`, 'components[0].components: unknown key "components"'],
    [`          branches: a\n`, 'components: must be a list'],
  ])('%s is a mistake', (components, message) => {
    const [found = '', ...more] = mistakes(acme({ resources: resource(components) }));
    expect(found).toMatch(/^\d+:\d+ {2}integrations\.acme\.resources\[0\]\.components/);
    expect(found).toContain(message);
    expect(more).toEqual([]);
  });

  it('relations of a component must be declared as those of a record', () => {
    const text = (blueprints: string) =>
      acme({
        top: `blueprints: ${blueprints}\n`,
        resources: resource(`          - items: branches
            entity: { identifier: item.name, blueprint: '"branch"', relations: { base: item.base } }
`),
      });
    expect(mistakes(text('{ branch: }')).join()).toContain(
      'components[0].entity.relations.base: blueprint "branch" declares no such relation',
    );
    expect(load(text('{ branch: { relations: { base: { target: branch } } } }')).integrations).toHaveLength(1);
  });
});
