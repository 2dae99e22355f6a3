import type { Json } from '../../../domain/json.ts';

interface ShopErrorParts {
  readonly code: string;
  readonly detail: string;
  /** Default 400. */
  readonly status?: number;
  /** Which field of the record; empty: the record; `null`: the shop does not say where. */
  readonly field: string | null;
}

/** What the shop has against a record. */
export class ShopError extends Error {
  readonly code: string;
  readonly status: number;
  readonly field: string | null;

  constructor({ code, detail, status = 400, field }: ShopErrorParts) {
    super(detail);
    this.code = code;
    this.status = status;
    this.field = field;
  }

  /** As it stands in an answer; `at`: the pointer of the record. */
  shown(at: string): { readonly [key: string]: Json } {
    const title = { 400: 'Bad Request', 409: 'Conflict', 500: 'Internal Server Error' }[this.status] ?? '';
    const error = {
      code: this.code,
      status: String(this.status),
      title,
      detail: this.message,
      meta: { parameters: {} },
    };
    if (this.field === null) return error;
    return { ...error, source: { pointer: this.field === '' ? at : `${at}/${this.field}` } };
  }
}

/** The shop's code for a value that is missing. */
export function notBlank(field: string): ShopError {
  return new ShopError({
    code: 'c1051bb4-d103-4f74-8988-acbcafc7fdc3',
    detail: 'This value should not be blank.',
    field,
  });
}
