import { DestinationError } from '../../domain/errors.ts';
import { CallFailure } from '../http/call-failure.ts';
import { ShopAccount, TIMING } from './account.ts';
import type { ShopwareSettings } from './settings.ts';
import { shopwareName } from './shopware-destination.ts';

const PATHS: Readonly<Record<ShopwareSettings['dialect'], string>> = {
  v3: '/api/v3/_action/index',
  'v6.5': '/api/_action/index',
};

/** A shop as that which indexes what was written with indexing disabled (seed S4.31). */
export class ShopIndexer {
  /** The shop's name in claims. */
  readonly destination: string;
  readonly #path: string;
  readonly #account: ShopAccount;

  constructor(given: Readonly<Record<string, unknown>>) {
    const settings = given as unknown as ShopwareSettings;
    this.destination = shopwareName(settings);
    this.#path = PATHS[settings.dialect];
    this.#account = new ShopAccount(settings, TIMING);
  }

  /** Has the shop index everything, over its message queue. Throws `DestinationError` when it does not take that on. */
  async indexAll(signal: AbortSignal): Promise<void> {
    try {
      const { status } = await this.#account.client.send({ method: 'POST', path: this.#path, body: {}, signal });
      if (status >= 300) throw new DestinationError(`the shop answered ${status} when asked for a full index`);
    } catch (error) {
      throw error instanceof CallFailure ? new DestinationError(error.message) : error;
    }
  }
}
