import { createHash } from 'node:crypto';

const SHOP_ID = /^[0-9a-f]{32}$/;

/**
 * The id of an entity's row in the shop: the identifier itself where it is such an id already, else made of entity and
 * identifier, so that every process and every run finds the same row, and relations can name it before it is there
 * (docs/shopware.md).
 */
export function shopId(entity: string, identifier: string): string {
  if (SHOP_ID.test(identifier)) return identifier;
  return createHash('md5')
    .update(JSON.stringify(['tidemark', entity, identifier]))
    .digest('hex');
}
