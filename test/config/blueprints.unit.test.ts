import { describe, expect, it } from 'vitest';
import { acme, load, mistakes } from './support.ts';

const REPO = `blueprints:
  repo:
    properties: { url: { type: string }, language: { type: string, title: Language, description: Main language } }
    relations: { owner: { target: organization }, forks: { target: repo, many: true } }
  organization:
`;

const mapping = (fields: string, top = REPO) =>
  acme({ top, resources: `      - kind: repository\n        entity: { identifier: name, ${fields} }\n` });

describe('blueprints', () => {
  it('may be left out, left empty, or declared by name alone', () => {
    const fields = `blueprint: '"repo"', properties: { anything: a }`;
    for (const top of ['', 'blueprints:\n', 'blueprints: {}\n', 'blueprints:\n  repo:\n']) {
      expect(load(mapping(fields, top)).integrations).toHaveLength(1);
    }
  });

  it('that fit the mapping are fine', () => {
    const fields = `blueprint: '"repo"', properties: { url: u, language: l }, relations: { owner: o, forks: f }`;
    expect(load(mapping(fields)).integrations).toHaveLength(1);
  });

  it.each([`'"repo"'`, `"'repo'"`, `' "repo" '`])(
    'hold the relations that %s maps to; properties may be mapped beyond those they declare',
    (blueprint) => {
      const fields = `blueprint: ${blueprint}, properties: { langauge: l, url: }, relations: { ownr: o, parent: p, forks: }`;
      const found = mistakes(mapping(fields)).map((line) => line.replace(/^.*entity\./, ''));
      expect(found).toEqual([
        'relations.ownr: blueprint "repo" declares no such relation; did you mean "owner"? Otherwise add it with its target: blueprints: { repo: { relations: { ownr: { target: … } } } }',
        'relations.parent: blueprint "repo" declares no such relation; add it with its target: blueprints: { repo: { relations: { parent: { target: … } } } }',
      ]);
    },
  );

  it('a relation that is mapped needs its target, also where no blueprint is declared', () => {
    const fields = `blueprint: '"repo"', relations: { owner: login }`;
    expect(mistakes(mapping(fields, ''))).toEqual([
      '7:71  integrations.acme.resources[0].entity.relations.owner: blueprint "repo" declares no such relation; add it with its target: blueprints: { repo: { relations: { owner: { target: … } } } }',
    ]);
  });

  it('are not looked at where the blueprint is not a fixed name', () => {
    for (const blueprint of ['type', `'"re" & "po"'`, `'private ? "repo" : "repo"'`, `'"a\\"b"'`]) {
      const fields = `blueprint: ${blueprint}, properties: { x: y }, relations: { z: w }`;
      expect(load(mapping(fields)).integrations).toHaveLength(1);
    }
  });

  it('named without the inner quotes are a mistake: the name would be a field of the record', () => {
    expect(mistakes(mapping('blueprint: repo'))).toEqual([
      `12:48  integrations.acme.resources[0].entity.blueprint: reads the field repo of the record; for the blueprint of that name write '"repo"'`,
    ]);
    expect(load(mapping('blueprint: repo', '')).integrations).toHaveLength(1);
  });

  it('that a relation points to must be declared', () => {
    const top = 'blueprints: { repo: { relations: { owner: { target: organisation } } }, organization: }\n';
    expect(mistakes(acme({ top }))).toEqual([
      '1:53  blueprints.repo.relations.owner.target: unknown blueprint "organisation"; did you mean "organization"? (one of: repo, organization)',
    ]);
  });

  it('that a relation takes from a variable that is not set are one mistake', () => {
    const top = `blueprints: { repo: { relations: { owner: { target: "\${env:NONE}" } } } }\n`;
    expect(mistakes(acme({ top }))).toEqual([expect.stringContaining('the environment variable NONE is not set')]);
    expect(mistakes(acme({ top }), { NONE: 'nobody' })).toEqual([
      `1:53  blueprints.repo.relations.owner.target: unknown blueprint what \${env:NONE} holds; one of: repo`,
    ]);
  });

  it('with names too long to be a misspelling get no suggestion', () => {
    const name = 'n'.repeat(70);
    const top = `blueprints: { ${name}: { relations: { owner: { target: ${name}n } } } }\n`;
    expect(mistakes(mapping(`blueprint: '"repo"'`, top))).toEqual([expect.stringMatching(/; one of: nnn/)]);
  });

  it('that are wrong as such are reported beside what does not fit them', () => {
    const top = `blueprints:
  repo:
    titel: Repository
    properties: { url: { type: text }, stars: , x: 5 }
    relations: { owner: { many: 'true', target: repo }, none: {} }
`;
    expect(mistakes(mapping(`blueprint: '"repo"', properties: { uri: a }`, top))).toEqual([
      '3:5  blueprints.repo.titel: unknown key "titel"; did you mean "title"? (one of: title, description, properties, relations, mapping, translated)',
      '4:32  blueprints.repo.properties.url.type: must be one of: string, number, boolean, array, object, not "text"',
      expect.stringMatching(/^4:\d+ {2}blueprints\.repo\.properties\.stars: must be a map, not nothing$/),
      '4:52  blueprints.repo.properties.x: must be a map, not 5',
      '5:33  blueprints.repo.relations.owner.many: must be true or false, not "true"; take the quotes off',
      '5:57  blueprints.repo.relations.none.target: is missing; it must be text',
    ]);
  });
});

describe('blueprints of the Sync API', () => {
  const shop = (product: string, mapping = 'mapping: { productId: product, categoryId: category }') =>
    acme({
      top: `blueprints:
  category:
  product: { ${product} }
  product_category: { ${mapping} }
`,
      resources: `      - kind: repository\n        entity: { identifier: name, blueprint: '"repo"' }\n`,
    });
  const CATEGORIES = 'relations: { categories: { target: category, many: true, through: product_category } }';
  const TOLD = /^(\d+:\d+) {2}blueprints\./;

  it('S4.16 name foreign keys, lists that rows of links make up, and what is translated', () => {
    expect(load(shop(`${CATEGORIES}, translated: [name]`)).integrations).toHaveLength(1);
  });

  it.each([
    [
      CATEGORIES,
      'mapping: { productId: product, categoryId: categroy }',
      /categoryId: unknown blueprint "categroy"; did you mean "category"/,
    ],
    [CATEGORIES, 'mapping: { productId: product }', /mapping: must have at least two foreign keys/],
    [CATEGORIES, 'title: Links', /through: "product_category" is no blueprint with `mapping`/],
    [
      CATEGORIES,
      'mapping: { productId: product, otherId: product }',
      /through: "product_category" has no foreign keys to both "product" and "category"/,
    ],
    [
      CATEGORIES.replace('many: true', 'many: false'),
      undefined,
      /through: a relation that is made up of links needs `many: true`/,
    ],
    [
      'properties: { name: { type: string } }, translated: [nmae]',
      undefined,
      /translated\[0\]: "nmae" is no property of "product"; did you mean "name"/,
    ],
    ['translated: []', undefined, /translated: /],
  ])('%s with %s is a mistake, with its place', (product, mapping, message) => {
    const found = mistakes(mapping === undefined ? shop(product) : shop(product, mapping));
    expect(
      found.some((line) => TOLD.test(line) && message.test(line)),
      found.join('\n'),
    ).toBe(true);
  });
});
