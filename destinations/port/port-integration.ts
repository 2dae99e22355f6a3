import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord, type Json } from '../../domain/json.ts';
import { CallFailure } from '../http/call-failure.ts';
import type { JsonClient } from '../http/json-client.ts';
import { PortAccount } from './account.ts';
import { portName } from './port-destination.ts';
import type { PortSettings } from './settings.ts';
import { TIDEMARK_VERSION } from './user-agent.ts';

/** What Port knows of an integration beside its entities: whether somebody has asked it there for a resync. */
export class PortIntegration {
  /** The destination's name in claims. */
  readonly destination: string;
  readonly #client: JsonClient;
  readonly #integration: string;

  constructor(settings: Readonly<Record<string, unknown>>, integration: string) {
    this.destination = portName(settings as PortSettings);
    this.#client = new PortAccount(settings as PortSettings).client(integration);
    this.#integration = integration;
  }

  /**
   * When the integration was last changed in Port, as Port says it; another text is a trigger that was given there. Makes
   * the integration known to Port where it is not. Throws `DestinationError`.
   */
  async state(signal: AbortSignal): Promise<string> {
    const path = `/integration/${encodeURIComponent(this.#integration)}`;
    const found = await this.#ask({ method: 'GET', path, signal });
    if (found.status !== 404) return stateOf(found, path);
    const body = { installationId: this.#integration, installationAppType: 'tidemark', version: TIDEMARK_VERSION };
    return stateOf(await this.#ask({ method: 'POST', path: '/integration', body, signal }), '/integration');
  }

  /** Says which version of Tidemark is at work. Returns the state afterwards: the change is no trigger. */
  async introduce(signal: AbortSignal): Promise<string> {
    const path = `/integration/${encodeURIComponent(this.#integration)}`;
    return stateOf(await this.#ask({ method: 'PATCH', path, body: { version: TIDEMARK_VERSION }, signal }), path);
  }

  async #ask(request: Parameters<JsonClient['send']>[0]) {
    try {
      return await this.#client.send(request);
    } catch (error) {
      throw error instanceof CallFailure ? new DestinationError(error.message) : error;
    }
  }
}

function stateOf({ status, body }: { status: number; body: Json }, path: string): string {
  const integration = isRawRecord(body) && isRawRecord(body.integration) ? body.integration : {};
  if (status < 300 && typeof integration.updatedAt === 'string') return integration.updatedAt;
  throw new DestinationError(`${path} of Port answered ${status} and no time of the last change`);
}
