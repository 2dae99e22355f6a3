/** What a program that uses Tidemark as a library imports: the client, and what its methods take and return. */

export type { EntityFilter } from './catalog/entities.ts';
export { type ClientOptions, type IntegrationStatus, type TemporalAddress, TidemarkClient } from './client/client.ts';
export type { Configuration } from './config/configuration.ts';
export type { Entity } from './domain/entity.ts';
export { TidemarkError, UnavailableError, UsageError } from './domain/errors.ts';
export { EXIT_CODES, type KindState, type Outcome } from './domain/outcome.ts';
export type { FailedField, KindCounts, KindReport, RunReport, TriggerOrigin } from './domain/run.ts';
