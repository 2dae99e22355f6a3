import { loadConfiguration } from '../../config/load.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { type Answer, type Api, api } from '../server/support.ts';
import { Rig, type RigOptions } from '../support/rig.ts';

/** What a shop's entities are to the catalog. */
const SHOP = {
  category: { properties: { name: { type: 'string' } }, translated: ['name'] },
  country: { properties: { name: { type: 'string' } }, translated: ['name'] },
  tax: { properties: { name: { type: 'string' }, taxRate: { type: 'number' } } },
  property_group_option: {},
  product: {
    properties: { name: { type: 'string' }, stock: { type: 'number' } },
    relations: {
      tax: { target: 'tax' },
      categories: { target: 'category', many: true, through: 'product_category' },
      options: { target: 'property_group_option', many: true, through: 'product_property' },
      related: { target: 'product', many: true },
    },
  },
  product_category: { mapping: { productId: 'product', categoryId: 'category' } },
  product_property: { mapping: { productId: 'product', optionId: 'property_group_option' } },
};

export interface Shop {
  readonly rig: Rig;
  readonly call: Api;
  /** Sends a body as it is, in the v3 dialect. */
  v3(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The same in the dialect of 6.5 and later. */
  v65(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** An entity, as the API reads it; `null`: there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into entities of every shape.
  read(blueprint: string, identifier: string): Promise<any>;
  /** Identifiers that a search finds. */
  found(search: string): Promise<string[]>;
}

/** A server over a catalog whose configuration declares a shop's entities, beside GitHub's. */
export async function openShop(options: Partial<RigOptions> = {}, maxBody = 64 * 1024 * 1024): Promise<Shop> {
  const source = generated({ organizations: 1, repositories: 3, pullRequests: 0, repositoriesWithPulls: 0 });
  const rig = await Rig.start({ store: source.store, organizations: source.organizations, worker: false, ...options });
  const document = JSON.parse(rig.configurationText());
  const text = JSON.stringify({ ...document, blueprints: { ...document.blueprints, ...SHOP } });
  await rig.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext({})));
  const call = api(await rig.startServer({ maxBody }));
  const send =
    (path: string): Shop['v3'] =>
    (body, headers = {}) =>
      call.raw('POST', path, typeof body === 'string' ? body : JSON.stringify(body), headers);
  return {
    rig,
    call,
    v3: send('/api/v3/_action/sync'),
    v65: send('/api/_action/sync'),
    async read(blueprint, identifier) {
      const path = `/v1/blueprints/${blueprint}/entities/${encodeURIComponent(identifier)}`;
      const { status, body } = await call('GET', path);
      return status === 404 ? null : body;
    },
    async found(search) {
      const { body } = await call('GET', `/v1/entities?search=${encodeURIComponent(search)}`);
      return body.entities.map(({ identifier }: { identifier: string }) => identifier);
    },
  };
}

/** An id by a number. */
export const id = (number: number): string => number.toString(16).padStart(32, '0');
