/**
 * What programs and listener modules import: the client, what its methods take and return, and what integrations are
 * defined with. `z` is the zod that selectors' schemas are made with.
 */

export { z } from 'zod';
export type { EntityFilter } from './catalog/entities.ts';
export type { CatalogMetrics } from './catalog/metrics.ts';
export type { Difference, EntityEdit, EntityInput } from './client/calls.ts';
export {
  type CallOptions,
  type ClientOptions,
  type EntitiesOptions,
  type FollowOptions,
  type Health,
  type IntegrationStatus,
  type ResyncOptions,
  type SyncOptions,
  TidemarkClient,
  type TriggerOptions,
  type WaitingTrigger,
} from './client/client.ts';
export type { TemporalAddress } from './client/temporal.ts';
export type { Configuration } from './config/configuration.ts';
export type { ConfigurationPatch } from './config/patch.ts';
export type { CallCounts, CallReport, CallState } from './domain/call.ts';
export type { Claim } from './domain/claim.ts';
export type { ResolverVector } from './domain/conflict/resolver-view.ts';
export type { Entity, EntityKey } from './domain/entity.ts';
export { type Mistake, TidemarkError, UnavailableError, UsageError } from './domain/errors.ts';
export type { ExplainedField, Explanation } from './domain/explanation.ts';
export { EXIT_CODES, type KindState, type Outcome } from './domain/outcome.ts';
export type { Plan, PlanState } from './domain/plan.ts';
export type { QuarantinedRecord } from './domain/quarantine.ts';
export type { FailedField, KindCounts, KindReport, RemovedReport, RunReport } from './domain/run.ts';
export type { ScheduleReport } from './domain/schedule.ts';
export type { Scope, Since } from './domain/scope.ts';
export type { Action, TriggerOrigin } from './domain/trigger.ts';
export {
  type Batch,
  defineIntegration,
  type EventCalls,
  type Hook,
  type IntegrationDefinition,
  type Listener,
  type ListenerArguments,
  type ListenerOptions,
  type Lookup,
  type Resolved,
  type Resolver,
  type ResyncEvent,
  type RouteListener,
  type Rows,
  type Settings,
  type WebhookListener,
} from './sources/module/definition.ts';
export type { IntegrationCalls, SourceLog } from './sources/source.ts';
