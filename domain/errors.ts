/**
 * Errors of the domain. Each says *what* went wrong, *where* and *what to do*, and carries no secret and no whole
 * record. `terminal`: repeating the step cannot help. `transient`: it may. The activities turn them into Temporal
 * failures in one place; nothing else looks at `retry`.
 */
export abstract class TidemarkError extends Error {
  abstract readonly retry: 'terminal' | 'transient';
  override get name(): string {
    return this.constructor.name;
  }
}

/** The source refused, broke off, or returned what cannot be read; its HTTP retries are used up. The kind fails. */
export class SourceError extends TidemarkError {
  readonly retry = 'terminal';
}

/** The destination refused, broke off, or did not answer; its HTTP retries are used up. The kind fails. */
export class DestinationError extends TidemarkError {
  readonly retry = 'terminal';
}

/** A selector's query, a kind or a mapping is wrong as such, not for one record. The kind fails (sync-semantics 2.2). */
export class MappingError extends TidemarkError {
  readonly retry = 'terminal';
}

/** A newer run has begun: this one may not write any more (sync-semantics 5.1). */
export class StaleEpochError extends TidemarkError {
  readonly retry = 'terminal';
}

/** Staged rows that a step refers to are not there any more, so the run cannot go on truthfully. */
export class StagingLostError extends TidemarkError {
  readonly retry = 'terminal';
}

/** The process that held a source's iterator is gone, and with it the place in a list without cursors. */
export class GeneratorLostError extends TidemarkError {
  readonly retry = 'terminal';
}

/** One thing that is wrong with what was sent, and what would be right. */
export interface Mistake {
  /** Where: `kinds[0]`, `config.resources[1].kind`; empty: the whole. */
  readonly path: string;
  readonly message: string;
}

/** What the user typed, sent or configured is wrong. The command line answers with exit code 2, the API with 422. */
export class UsageError extends TidemarkError {
  readonly retry = 'terminal';
  /** Every mistake by its place, where there are places. */
  readonly mistakes: readonly Mistake[];

  constructor(message: string, mistakes: readonly Mistake[] = []) {
    super(message);
    this.mistakes = mistakes;
  }
}

/** What was named is not there. The API answers with 404. */
export class NotFoundError extends UsageError {}

/** What was named is not in a state in which this can be done. The API answers with 409. */
export class ConflictError extends UsageError {}

/** Something that the command needs does not answer: no worker, no server, no database. */
export class UnavailableError extends TidemarkError {
  readonly retry = 'transient';
}
