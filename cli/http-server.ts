import type { TidemarkClient } from '../client/client.ts';
import type { ServerSettings } from '../config/configuration.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { PortTakenError, type RunningServer, startServer } from '../server/listen.ts';
import type { ServerLog } from '../server/log.ts';
import type { TemporalUi } from '../server/temporal-ui.ts';
import { keptToken } from '../server/token.ts';
import { sourcesInForce } from '../workers/sources-in-force.ts';
import { dataDirectory } from './session.ts';

export interface HttpServerOptions {
  readonly client: TidemarkClient;
  readonly context: ConfigurationContext;
  readonly settings: ServerSettings;
  /** Where pages link to; `null`: nowhere. */
  readonly temporalUi: TemporalUi | null;
  readonly log: ServerLog;
  /** Told of a token that was made: it is shown this once. */
  readonly note: (line: string) => void;
}

/** Starts the HTTP server as it is configured. Throws `PortTakenError`. */
export async function startHttpServer({ settings, note, ...rest }: HttpServerOptions): Promise<RunningServer> {
  const { host, port, maxBody } = settings;
  const source = sourcesInForce(rest.client, rest.context);
  return startServer({ ...rest, source, host, port, maxBody, token: settings.token ?? (await ownToken(note)) });
}

/** Ports that are tried one after another. */
const TRIES = 20;

/** The same, on the next port that is free where the configured one is taken. */
export async function startHttpServerNearby(options: HttpServerOptions): Promise<RunningServer> {
  const { settings } = options;
  for (let port = settings.port; ; port++) {
    try {
      return await startHttpServer({ ...options, settings: { ...settings, port } });
    } catch (error) {
      if (!(error instanceof PortTakenError) || port === settings.port + TRIES - 1) throw error;
    }
  }
}

async function ownToken(note: (line: string) => void): Promise<string> {
  const { token, file, isNew } = await keptToken(dataDirectory());
  if (isNew) note(`The token of the HTTP API, shown this once (kept in ${file}): ${token}`);
  return token;
}
