import type { RemoteAnswer, RemoteEntity } from '../../../destinations/remote/remote.ts';
import { ShopAccount } from '../../../destinations/shopware/account.ts';
import { ShopwareRemote } from '../../../destinations/shopware/remote.ts';
import { shopwareSettings } from '../../../destinations/shopware/settings.ts';
import type { Blueprint, Blueprints, RelationDeclaration } from '../../../domain/blueprint.ts';
import type { Fields } from '../../../domain/entity.ts';
import type { Json } from '../../../domain/json.ts';
import { CLIENT_ID, CLIENT_SECRET, type TestShop } from './server.ts';

const toOne = (target: string): RelationDeclaration => ({ target, many: false, through: null });
const list = (target: string, through: string): RelationDeclaration => ({ target, many: true, through });

interface Declared {
  readonly relations?: Record<string, RelationDeclaration>;
  readonly mapping?: Record<string, string>;
  readonly translated?: readonly string[];
}

const blueprint = ({ relations = {}, mapping = {}, translated = [] }: Declared): Blueprint => ({
  properties: new Map(),
  relations: new Map(Object.entries(relations)),
  mapping: new Map(Object.entries(mapping)),
  translated,
});

/** The test shop's entities as a configuration would declare them; children before parents, to be put in order. */
const BLUEPRINTS: Blueprints = new Map(
  Object.entries({
    product_category: blueprint({ mapping: { productId: 'product', categoryId: 'category' } }),
    product_property: blueprint({ mapping: { productId: 'product', optionId: 'property_group_option' } }),
    product: blueprint({
      relations: {
        tax: toOne('tax'),
        manufacturer: toOne('product_manufacturer'),
        categories: list('category', 'product_category'),
        options: list('property_group_option', 'product_property'),
      },
      translated: ['name', 'description'],
    }),
    property_group_option: blueprint({ relations: { group: toOne('property_group') }, translated: ['name'] }),
    property_group: blueprint({ translated: ['name'] }),
    category: blueprint({ relations: { parent: toOne('category') }, translated: ['name', 'description'] }),
    product_manufacturer: blueprint({ translated: ['name'] }),
    tax: blueprint({}),
    unit: blueprint({ translated: ['name', 'shortCode'] }),
    country: blueprint({ translated: ['name'] }),
  }),
);

/** The settings of a destination that is the test shop. */
export function settingsOf(shop: TestShop, settings: Readonly<Record<string, unknown>> = {}) {
  return { baseUrl: shop.url, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...settings };
}

export interface RemoteOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly requestTimeout?: number;
}

/** A shop's remote, which does not wait long between two tries. */
export class ShopUnderTest {
  readonly remote: ShopwareRemote;
  readonly #signal = new AbortController().signal;

  constructor(shop: TestShop, { settings = {}, requestTimeout = 10_000 }: RemoteOptions = {}) {
    const parsed = shopwareSettings.parse(settingsOf(shop, settings));
    this.remote = new ShopwareRemote(new ShopAccount(parsed, { retryDelay: 5, requestTimeout }), {
      settings: parsed,
      blueprints: BLUEPRINTS,
      beforeCall: async () => {},
    });
  }

  write(entities: readonly RemoteEntity[], signal = this.#signal): Promise<readonly RemoteAnswer[]> {
    return this.remote.write(entities, signal);
  }

  remove(entities: readonly RemoteEntity[]): Promise<readonly RemoteAnswer[]> {
    return this.remote.remove(
      entities.map(({ blueprint, identifier, held }) => ({ blueprint, identifier, held })),
      this.#signal,
    );
  }
}

type Content = Readonly<Record<string, Json>>;

/** An entity to be written; `held`: what was written before. */
export function entity(name: string, identifier: string, { fields = {}, held = [] }: EntityParts = {}): RemoteEntity {
  return { blueprint: name, identifier, fields: fields as Fields, held: held as readonly Fields[] };
}

interface EntityParts {
  readonly fields?: Content;
  readonly held?: readonly Content[];
}

export const tax = (identifier: string, rate: Json = 19): RemoteEntity =>
  entity('tax', identifier, { fields: { title: identifier, 'properties.taxRate': rate } });

export const category = (identifier: string, parent: string | null = null): RemoteEntity =>
  entity('category', identifier, { fields: { title: identifier, 'relations.parent': parent } });

export const unit = (identifier: string, shortCode: Json = identifier): RemoteEntity =>
  entity('unit', identifier, { fields: { title: identifier, 'properties.shortCode': shortCode } });

/** The content of a product of the tax `t`. */
export const productFields = (name: string, more: Content = {}): Content => ({
  title: name,
  'properties.productNumber': name,
  'properties.stock': 1,
  'properties.price': [{ currencyId: 'b7d2554b0ce847cd82f3ac9bd1c0dfca', gross: 1, net: 1, linked: true }],
  'relations.tax': 't',
  ...more,
});

export const product = (identifier: string, more: Content = {}, held: readonly Content[] = []): RemoteEntity =>
  entity('product', identifier, { fields: productFields(identifier, more), held });
