/** What a call that got no usable answer may have done. Inside `destinations/` only: what leaves it is a `RemoteAnswer`. */
export class CallFailure extends Error {
  /** `none`: it did nothing and never will, e.g. it was refused for its rate. `unknown`: nobody can tell. */
  readonly effect: 'none' | 'unknown';
  /** No answer came in time, so that less at a time may do. */
  readonly timedOut: boolean;

  constructor(message: string, effect: 'none' | 'unknown', timedOut = false) {
    super(message);
    this.effect = effect;
    this.timedOut = timedOut;
  }
}
