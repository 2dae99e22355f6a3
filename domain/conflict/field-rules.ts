/** A row of the table below. */
export interface FieldRule {
  /** The number of the rule in docs/sync-semantics.md. */
  readonly number: string;
  /** The side whose value, time and origin the field has afterwards. */
  readonly stands: 'local' | 'incoming';
  readonly because: string;
}

/** Every reason for which a field has the value that it has: what `explain` shows. */
export const FIELD_RULES = {
  'new-record': { number: '7.2', stands: 'incoming', because: 'the record is new; resolution is for updates' },
  'same-value': { number: '1.6', stands: 'local', because: 'both sides have the same value' },
  'same-value-later': { number: '7.10', stands: 'incoming', because: 'the same value came with a later time' },
  this: { number: '7.3', stands: 'local', because: 'THIS keeps the local value' },
  'later-claim': { number: '1.7', stands: 'local', because: 'another claim says it, which comes later' },
  other: { number: '7.3', stands: 'incoming', because: 'OTHER takes what the source says' },
  'local-later': { number: '7.4', stands: 'local', because: 'NEWER: the local value is later' },
  'incoming-later': { number: '7.4', stands: 'incoming', because: 'NEWER: the value of the source is later' },
  'same-time': { number: '7.4', stands: 'incoming', because: 'NEWER: at equal times the import wins' },
  'local-time-missing': { number: '7.4', stands: 'incoming', because: 'NEWER: no time of a local value is known' },
  'peers-local': { number: '8.6', stands: 'local', because: 'peers with equal times: the local value is greater' },
  'peers-incoming': {
    number: '8.6',
    stands: 'incoming',
    because: "peers with equal times: the peer's value is greater",
  },
  'local-unmatched': { number: '7.8', stands: 'local', because: 'the source did not change it since it was written' },
  'incoming-unmatched': {
    number: '7.8',
    stands: 'incoming',
    because: 'only the source changed it since it was written',
  },
} as const satisfies Readonly<Record<string, FieldRule>>;

export type FieldRuleName = keyof typeof FIELD_RULES;
