import { describe, expect, it } from 'vitest';
import { acme, load, loadOne, mistakes } from './support.ts';

const resource = (policy: string, entity = "title: t, properties: { owner: o, 'a.b': c }") => `      - kind: repository
        entity: { identifier: name, blueprint: '"repo"', ${entity} }
        policy: ${policy}
`;
const policyOf = (policy: string) => loadOne(acme({ resources: resource(policy) })).resources[0];

describe('7.1 strategy in the file', () => {
  it.each([
    ['[create, update]', { create: true, update: true }],
    ['create', { create: true, update: false }],
    ['update', { create: false, update: true }],
    ['[]', { create: false, update: false }],
    ['null', { create: false, update: false }],
  ])('S2.7 7.1 strategy: %s', (written, strategy) => {
    expect(policyOf(`{ strategy: ${written} }`)?.strategy).toEqual(strategy);
  });

  it('S2.8 7.1 nothing after it is an empty strategy, for the integration as well; no such key allows both', () => {
    expect(policyOf('{ strategy: }')?.strategy).toEqual({ create: false, update: false });
    const text = acme({ integration: '    policy:\n      strategy:\n' });
    expect(loadOne(text).resources[0]?.strategy).toEqual({ create: false, update: false });
    expect(policyOf('{}')?.strategy).toEqual({ create: true, update: true });
  });

  it.each([
    ['delete', 'must be one of: create, update; or a list of them; not "delete"'],
    ['{ create: true }', 'must be one of: create, update; or a list of them; not a map'],
    ['3', 'must be one of: create, update; or a list of them; not 3'],
  ])('7.1 strategy: %s is refused where it stands', (written, message) => {
    expect(mistakes(acme({ resources: resource(`{ strategy: ${written} }`) }))).toEqual([
      `8:29  integrations.acme.resources[0].policy.strategy: ${message}`,
    ]);
  });

  it('7.1 a word in a list is refused where it stands', () => {
    expect(mistakes(acme({ resources: resource('{ strategy: [create, merge] }') }))).toEqual([
      '8:38  integrations.acme.resources[0].policy.strategy[1]: must be one of: create, update, not "merge"',
    ]);
  });
});

describe('7.2 resolution in the file', () => {
  it('S2.17 S2.18 one word, or one for each field', () => {
    expect(policyOf('{ resolution: newer }')?.policy).toEqual({ resolution: 'newer' });
    const policy = { resolution: { title: 'other', 'properties.a.b': 'this' }, defaultResolution: 'newer' };
    expect(policyOf(JSON.stringify(policy))?.policy).toEqual(policy);
  });

  it("a resource's key counts in place of the integration's, the others stay", () => {
    const integration = '    policy: { strategy: update, defaultResolution: newer, resolution: other }\n';
    const { resources } = loadOne(acme({ integration, resources: resource('{ resolution: { title: this } }') }));
    expect(resources[0]?.policy).toEqual({
      strategy: 'update',
      defaultResolution: 'newer',
      resolution: { title: 'this' },
    });
  });

  it.each([
    [
      '{ resolution: mine }',
      '8:31  integrations.acme.resources[0].policy.resolution: must be one of: this, other, newer; or a map of fields to them; not "mine"',
    ],
    [
      '{ resolution: { title: latest } }',
      '8:40  integrations.acme.resources[0].policy.resolution.title: must be one of: this, other, newer, not "latest"',
    ],
    [
      '{ defaultResolution: { title: this } }',
      '8:38  integrations.acme.resources[0].policy.defaultResolution: must be one of: this, other, newer, not a map',
    ],
    [
      '{ onConflict: [this] }',
      '8:31  integrations.acme.resources[0].policy.onConflict: must be one of: this, other, newer; or a map of fields to them; not a list',
    ],
    [
      '{ resolve: "a !! b" }',
      '8:31  integrations.acme.resources[0].policy.resolve: is not valid JSONata: unexpected !! in a !! b (at character 3)',
    ],
    [
      '{ resolve_: a }',
      '8:19  integrations.acme.resources[0].policy["resolve_"]: unknown key "resolve_"; did you mean "resolve"? (one of: strategy, resolution, defaultResolution, onConflict, resolve)',
    ],
  ])('S2.19 7.2 %s is refused where it stands, with what would be right', (policy, mistake) => {
    const [found] = mistakes(acme({ resources: resource(policy) }));
    expect(found?.replace('resources[0].policy.resolve_', 'resources[0].policy["resolve_"]')).toBe(mistake);
  });

  it('S2.18 a field that is not mapped is refused, and the nearest one is named', () => {
    const policy = '{ resolution: { properties.ownr: this }, onConflict: { titel: newer, properties.owner: other } }';
    expect(mistakes(acme({ resources: resource(policy) }))).toEqual([
      '8:33  integrations.acme.resources[0].policy.resolution["properties.ownr"]: no such field is mapped here; did you mean "properties.owner"? (one of: title, properties.owner, properties.a.b)',
      '8:72  integrations.acme.resources[0].policy.onConflict.titel: no such field is mapped here; did you mean "title"? (one of: title, properties.owner, properties.a.b)',
    ]);
  });

  it('S2.18 a field in the policy of all resources must be mapped by one of them', () => {
    const integration = '    policy: { resolution: { team: this, title: newer } }\n';
    expect(mistakes(acme({ integration, resources: resource('{}') }))).toEqual([
      '5:29  integrations.acme.policy.resolution.team: no such field is mapped here; one of: title, properties.owner, properties.a.b',
    ]);
  });
});

describe('7.6 warnings', () => {
  const warnings = (policy: string) =>
    load(acme({ resources: resource(policy) })).warnings.map(({ line, column, message }) => [line, column, message]);

  it('7.6 fields that no update could ever change are named, at the policy', () => {
    expect(warnings('{ resolution: { title: newer } }')).toEqual([
      [
        8,
        9,
        'updates never change properties.owner, properties.a.b; if they should: other or newer, by defaultResolution or in resolution',
      ],
    ]);
  });

  it.each(['{}', '{ strategy: [update] }', '{ defaultResolution: newer }', '{ resolve: a }', '{ onConflict: this }'])(
    '7.6 none for %s',
    (policy) => {
      expect(warnings(policy)).toEqual([]);
    },
  );
});

describe('7.4 modifiedAt', () => {
  it('is JSONata, and null where it is not mapped', () => {
    const entity = (text: string) => loadOne(acme({ resources: resource('{}', text) })).resources[0]?.entity;
    expect(entity('modifiedAt: updated_at')?.modifiedAt).toBe('updated_at');
    expect(entity('title: t')?.modifiedAt).toBeNull();
  });
});
