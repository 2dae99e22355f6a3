/** What the chaos test's judge is told: plain events, of the source and of the destination. Times are milliseconds since 1970. */
export type Kind = 'organization' | 'repository' | 'pull-request';
export type Raw = Readonly<Record<string, unknown>>;

/** A configuration as the test wrote it. `variant`: which of the mappings below. */
export interface Configuration {
  readonly number: number;
  readonly variant: 'plain' | 'decorated' | 'renamed';
  readonly kinds: readonly Kind[];
  readonly removed: 'hold' | 'delete';
  readonly emptySource: 'hold' | 'delete';
}

/** From `at` on the source holds this record under the key; `null`: none. */
export interface State {
  readonly at: number;
  readonly kind: Kind;
  readonly key: string;
  readonly record: Raw | null;
}

/** What the source answered a request that came at `at`. */
export interface Answer {
  readonly at: number;
  readonly kind: Kind;
  readonly url: string;
  /** `opening`: the first page of a listing of the kind. */
  readonly form: 'opening' | 'page' | 'lookup';
  /** `lie`: a well-formed answer that leaves something out. `fault`: none that could be used. */
  readonly truth: 'true' | 'lie' | 'fault';
  /** What was asked for by this URL has moved or gone since: nobody can ask for it again. */
  readonly moot: boolean;
  /** Key → record; `null`: it said that there is none. */
  readonly records: ReadonlyMap<string, Raw | null>;
}

/** A committed change of an entity. `epoch`: of the run that wrote. `newest`: the last that had begun when it committed. */
export interface Write {
  readonly at: number;
  readonly epoch: number | null;
  readonly newest: number;
  readonly entity: string;
  /** `null`: deleted. */
  readonly fields: Raw | null;
}

/** A run: when it began and with which configuration (the destination's log), and what it says of itself. */
export interface Run {
  readonly epoch: number;
  readonly begun: number;
  readonly ended: number;
  readonly configuration: Configuration;
  readonly outcome: string;
  readonly scope: readonly string[] | null;
  readonly kinds: readonly { readonly kind: string; readonly state: string }[];
  readonly deleted: number;
  readonly triggers: readonly string[];
}

export interface Log {
  readonly states: readonly State[];
  readonly answers: readonly Answer[];
  readonly writes: readonly Write[];
  readonly runs: readonly Run[];
  /** Triggers that were accepted and not ended by hand. */
  readonly triggers: readonly string[];
}
