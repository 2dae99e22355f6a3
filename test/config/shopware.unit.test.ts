import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import { ConfigurationError } from '../../config/problem.ts';
import { configurationContext } from '../../workers/configuration-context.ts';

interface Parts {
  readonly destination?: string;
  readonly entity?: string;
  readonly blueprints?: string;
}

const BLUEPRINTS = `
  tax: {}
  category: {}
  product:
    relations:
      tax: { target: tax }
      categories: { target: category, many: true, through: product_category }
      tags: { target: category, many: true }
  product_category: { mapping: { productId: product, categoryId: category } }`;

/** A configuration whose lines 3 and 9 are the destination and the mapping. */
const text = ({ destination = '', entity = '', blueprints = BLUEPRINTS }: Parts): string => `integrations:
  shop:
    destination: { type: shopware, baseUrl: https://shop.example, clientId: SWIA, clientSecret: s3cret${destination} }
    source:
      type: http
      url: https://goods.example
      kinds: { product: { path: /products, paging: { type: none } } }
    resources:
      - { kind: product, entity: { identifier: sku, blueprint: '"product"'${entity} } }
blueprints:${blueprints}
`;

const load = (parts: Parts = {}) =>
  loadConfiguration({ file: 'tidemark.yaml', text: text(parts) }, configurationContext({}));

function mistakes(parts: Parts): string[] {
  try {
    load(parts);
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('a destination of type shopware', () => {
  it('has defaults for large runs: 6.5, 200 rows a request, indexed over the queue', () => {
    expect(load().integrations[0]?.destination).toEqual({
      type: 'shopware',
      settings: {
        baseUrl: 'https://shop.example',
        clientId: 'SWIA',
        clientSecret: 's3cret',
        dialect: 'v6.5',
        batchSize: 200,
        indexing: 'queue',
      },
    });
  });

  it('takes a mapping of properties, relations, lists and links', () => {
    const entity = ', title: name, properties: { stock: stock }, relations: { tax: tax, categories: "[c]" }';
    expect(mistakes({ entity })).toEqual([]);
  });

  it.each([
    [', dialect: v4', /^3:\d+ integrations\.shop\.destination\.dialect: must be one of: v3, v6\.5/],
    [', batchSize: 1000', /destination\.batchSize: /],
    [', indexing: later', /destination\.indexing: must be one of: immediate, queue, disabled/],
    [', singleOperation: false', /^3:\d+ .*singleOperation: is only for dialect v3/],
    [', clientid: x', /unknown key "clientid"; did you mean "clientId"/],
  ])('11 refuses the setting%s with its place', (destination, message) => {
    expect(mistakes({ destination })).toEqual([expect.stringMatching(message)]);
  });

  it('11 refuses an address that is not one, or not the shop itself, and shows no secret', () => {
    for (const baseUrl of ['ftp://shop.example', 'https://user:pw@shop.example', 'https://shop.example/api']) {
      const wrong = text({}).replace('https://shop.example', baseUrl);
      let message = '';
      try {
        loadConfiguration({ file: 'tidemark.yaml', text: wrong }, configurationContext({}));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/3:\d+.*destination\.baseUrl: /);
      expect(message).not.toMatch(/s3cret|user:pw/);
    }
  });

  it.each([
    [', team: x', 'team: a shop has no teams; leave it out'],
    [', properties: { id: x }', 'properties.id: is made of the identifier; leave it out'],
    [', title: a, properties: { name: x }', 'properties.name: is what the title is called in the shop'],
    [', relations: { tax: a }, properties: { taxId: x }', 'properties.taxId: is what the relation tax is called'],
    [', relations: { tags: a }', 'relations.tags: holds a list, from which a shop removes nothing but by its mapping'],
  ])('11 refuses a mapping that no shop could hold%s', (entity, message) => {
    expect(mistakes({ entity })).toEqual([expect.stringContaining(`integrations.shop.resources[0].entity.${message}`)]);
    expect(mistakes({ entity })[0]).toMatch(/^9:\d+ /);
  });

  it('11 refuses a blueprint that no entity of a shop is called by', () => {
    const wrong = text({}).replace(`'"product"'`, `'"Git Hub"'`);
    expect(() => loadConfiguration({ file: 'tidemark.yaml', text: wrong }, configurationContext({}))).toThrow(
      /entity\.blueprint: must be the name of an entity of the shop/,
    );
  });

  it('11 refuses a list through a mapping of three foreign keys', () => {
    const blueprints = BLUEPRINTS.replace('categoryId: category }', 'categoryId: category, taxId: tax }');
    expect(mistakes({ blueprints, entity: ', relations: { categories: "[c]" }' })).toEqual([
      expect.stringContaining('must have two foreign keys and no more'),
    ]);
  });
});
