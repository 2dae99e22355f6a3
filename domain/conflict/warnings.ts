/**
 * What somebody should know about a decision that was made all the same. Warnings of one code about one kind are one
 * warning: `incoming-time` comes with every record of a kind without a modified time (sync-semantics 7.4).
 */
export interface Warning {
  readonly code: WarningCode;
  /** What is wrong, what was done, what would be right. */
  readonly text: string;
}

export type WarningCode =
  | 'resolver-answer'
  | 'resolver-strategy'
  | 'resolver-resolution'
  | 'resolver-field'
  | 'incoming-time';
