/** What becomes of a row when the row that it points to is deleted. */
export type OnDelete = 'restrict' | 'cascade' | 'set null';

export interface ForeignKey {
  readonly entity: string;
  readonly onDelete: OnDelete;
}

/** An entity of the test shop, as its data model has it. */
export interface ShopEntity {
  /** Fields that a new row must have. */
  readonly required: readonly string[];
  readonly foreignKeys: Readonly<Record<string, ForeignKey>>;
  /** More than `id` alone: a mapping entity, whose key are its foreign keys. */
  readonly primaryKey: readonly string[];
  /** Fields that each language has of its own. */
  readonly translated: readonly string[];
  /** Fields of which no two rows may have the same value. */
  readonly unique: readonly string[];
  /** Lists that may be written with the row, and that only ever add links: association → mapping entity and its key. */
  readonly lists: Readonly<Record<string, { readonly mapping: string; readonly key: string }>>;
}

const entity = (parts: Partial<ShopEntity> = {}): ShopEntity => ({
  required: [],
  foreignKeys: {},
  primaryKey: ['id'],
  translated: [],
  unique: [],
  lists: {},
  ...parts,
});

const mapping = (...[[one, first], [other, second]]: [[string, string], [string, string]]): ShopEntity =>
  entity({
    primaryKey: [one, other],
    foreignKeys: {
      [one]: { entity: first, onDelete: 'cascade' },
      [other]: { entity: second, onDelete: 'cascade' },
    },
  });

/** The part of a shop's data model that tests need (seed S4.2); `thing` and `other` are entities that a plugin brought. */
export const ENTITIES: Readonly<Record<string, ShopEntity>> = {
  tax: entity({ required: ['name', 'taxRate'] }),
  unit: entity({ required: ['name', 'shortCode'], translated: ['name', 'shortCode'] }),
  country: entity({ required: ['name'], translated: ['name'] }),
  category: entity({
    required: ['name'],
    translated: ['name', 'description'],
    foreignKeys: { parentId: { entity: 'category', onDelete: 'cascade' } },
  }),
  product_manufacturer: entity({ required: ['name'], translated: ['name'] }),
  product: entity({
    required: ['name', 'productNumber', 'stock', 'taxId', 'price'],
    translated: ['name', 'description'],
    unique: ['productNumber'],
    foreignKeys: {
      taxId: { entity: 'tax', onDelete: 'restrict' },
      unitId: { entity: 'unit', onDelete: 'set null' },
      manufacturerId: { entity: 'product_manufacturer', onDelete: 'set null' },
      parentId: { entity: 'product', onDelete: 'cascade' },
    },
    lists: {
      categories: { mapping: 'product_category', key: 'categoryId' },
      properties: { mapping: 'product_property', key: 'optionId' },
    },
  }),
  property_group: entity({ required: ['name'], translated: ['name'] }),
  property_group_option: entity({
    required: ['name', 'groupId'],
    translated: ['name'],
    foreignKeys: { groupId: { entity: 'property_group', onDelete: 'cascade' } },
  }),
  product_category: mapping(['productId', 'product'], ['categoryId', 'category']),
  product_property: mapping(['productId', 'product'], ['optionId', 'property_group_option']),
  thing: entity(),
  other: entity(),
};
