import type { Row, ShopStore, Touched } from './store.ts';

export type IndexingBehavior = 'use-queue-indexing' | 'disable-indexing' | undefined;

/** What the shop derives from its rows: which categories and properties a product has. */
export class Indexes {
  readonly #store: ShopStore;
  readonly #derived = new Map<string, Row>();
  readonly #queue: string[] = [];
  /** Which indexer ran, or was put into the queue, in order (seed S4.24). */
  readonly log: string[] = [];

  constructor(store: ShopStore) {
    this.#store = store;
  }

  /** A product with what was derived when its indexer last ran. */
  product(id: string): Row | undefined {
    return this.#derived.get(id);
  }

  note(touched: Touched, behavior: IndexingBehavior): void {
    for (const entity of Object.keys(touched).filter((name) => !name.endsWith('_translation'))) {
      if (behavior === 'disable-indexing') this.log.push(`${entity}: not indexed`);
      else this.log.push(`${entity}: ${behavior === undefined ? 'indexed' : 'queued'}`);
    }
    const products = Object.entries(touched).flatMap(([entity, keys]) => {
      if (entity === 'product') return keys.map(String);
      return keys.flatMap((key) => (typeof key === 'string' ? [] : (key.productId ?? []))).map(String);
    });
    if (behavior === 'use-queue-indexing') this.#queue.push(...products);
    else if (behavior === undefined) for (const id of products) this.#index(id);
  }

  /** The shop's message queue is worked off. */
  work(): void {
    for (const id of this.#queue.splice(0)) this.#index(id);
  }

  /** A full index. */
  all(): void {
    this.log.push('full index');
    for (const { id } of this.#store.rows('product')) this.#index(String(id));
  }

  clear(): void {
    this.#derived.clear();
    this.#queue.length = 0;
    this.log.length = 0;
  }

  #index(id: string): void {
    const row = this.#store.row('product', id);
    if (row === undefined) {
      this.#derived.delete(id);
      return;
    }
    const linked = (mapping: string, field: string) =>
      this.#store
        .rows(mapping)
        .filter(({ productId }) => productId === id)
        .map((link) => link[field] ?? null);
    const categoryIds = linked('product_category', 'categoryId');
    this.#derived.set(id, { ...row, categoryIds, propertyIds: linked('product_property', 'optionId') });
  }
}
