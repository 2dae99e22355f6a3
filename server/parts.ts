import type { OpenAPIHono } from '@hono/zod-openapi';
import type { TidemarkClient } from '../client/client.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import type { TriggerOrigin } from '../domain/trigger.ts';
import type { Source } from '../sources/source.ts';
import type { ServerLog } from './log.ts';
import type { ServerMetrics } from './metrics.ts';
import type { Sessions } from './sessions.ts';
import type { TemporalUi } from './temporal-ui.ts';

/** What every route group works with. */
export interface ServerParts {
  /** The one way in: the server holds no logic of its own. */
  readonly client: TidemarkClient;
  /** What configurations are checked against; here for the API's description only. */
  readonly context: ConfigurationContext;
  /** The source of an integration, as the configuration in force has it: its webhooks and its own routes. */
  readonly source: (integration: string) => Promise<Source>;
  /** What a caller proves itself by. */
  readonly token: string;
  readonly sessions: Sessions;
  /** Bytes that a request's body may have. */
  readonly maxBody: number;
  /** Where people look into workflows; `null`: not known, so there are no links. */
  readonly temporalUi: TemporalUi | null;
  readonly log: ServerLog;
  readonly metrics: ServerMetrics;
  /** Aborts when the server stops: who waits for a run answers then. */
  readonly stopping: AbortSignal;
}

export interface ServerEnv {
  Variables: {
    /** In every answer and every line of the log. */
    requestId: string;
    /** Set once the caller has proved itself: a session is a person's, a token a program's. */
    origin: Extract<TriggerOrigin, 'api' | 'ui'>;
  };
}

export type App = OpenAPIHono<ServerEnv>;

/** Adds the routes of one group; each lies in a file of its own below `routes/`. */
export type AddRoutes = (app: App, parts: ServerParts) => void;
