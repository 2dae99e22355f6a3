import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { recordRequests } from './access-log.ts';
import { authenticate } from './authentication.ts';
import { limitBody } from './body.ts';
import { answerErrors, answerUnknown, invalid } from './errors.ts';
import { describeSecurity } from './openapi.ts';
import type { AddRoutes, App, ServerEnv, ServerParts } from './parts.ts';
import { addAssetRoutes } from './routes/assets.ts';
import { addCallRoutes } from './routes/calls.ts';
import { addDocsRoutes } from './routes/docs.ts';
import { addEntityRoutes } from './routes/entities.ts';
import { addHealthRoutes } from './routes/health.ts';
import { addIntegrationRoutes } from './routes/integrations.ts';
import { addMetricsRoutes } from './routes/metrics.ts';
import { addModuleRoutes } from './routes/modules.ts';
import { addPages } from './routes/pages.ts';
import { addPlanRoutes } from './routes/plans.ts';
import { addQuarantineRoutes } from './routes/quarantine.ts';
import { addRunRoutes } from './routes/runs.ts';
import { addSessionRoutes } from './routes/session.ts';
import { addSyncApiRoutes } from './routes/sync-api.ts';
import { addWebhookRoutes } from './routes/webhooks.ts';

/**
 * For everybody. A group that proves its callers in a way of its own, such as webhooks by their signature, stands here,
 * and limits the bodies that it reads itself (`limitBody`).
 */
const OPEN: readonly AddRoutes[] = [addHealthRoutes, addDocsRoutes, addSessionRoutes, addAssetRoutes, addWebhookRoutes];

/** For who sends the token or has logged in. */
const PROTECTED: readonly AddRoutes[] = [
  addIntegrationRoutes,
  addRunRoutes,
  addPlanRoutes,
  addQuarantineRoutes,
  addEntityRoutes,
  addCallRoutes,
  addSyncApiRoutes,
  addModuleRoutes,
  addMetricsRoutes,
  addPages,
];

/** The HTTP API (interface.md): its routes over one client, with the checks that all of them share. */
export function createServer(parts: ServerParts): App {
  const app: App = new OpenAPIHono<ServerEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error, WHERE[result.target] ?? 'the request');
    },
  });
  describeSecurity(app);
  app.onError(answerErrors(parts));
  app.notFound(answerUnknown(app));
  app.use(requestId({ limitLength: 128 }), recordRequests(parts), secureHeaders(HEADERS), noStore);
  for (const add of OPEN) add(app, parts);
  app.use(authenticate(parts), limitBody(parts));
  for (const add of PROTECTED) add(app, parts);
  return app;
}

/** Pages load nothing from elsewhere, run no script but this server's files, and are shown in no frame. */
const HEADERS: Parameters<typeof secureHeaders>[0] = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  // Without it browsers say `Origin: null` of this server's own forms.
  referrerPolicy: 'same-origin',
  // For the proxy that ends TLS to say.
  strictTransportSecurity: false,
};

/** Answers are of now, and for this caller. */
const noStore: MiddlewareHandler = async (c, next) => {
  c.header('cache-control', 'no-store');
  await next();
};

/** What a check found wrong lies there. */
const WHERE: Readonly<Record<string, string>> = { json: 'the body', query: 'the query', param: 'the address' };
