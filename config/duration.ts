import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const FORM = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Node's timers hold no longer. */
const LONGEST = 2 ** 31 - 1;

/** `500ms`, `5s`, `2m`, `2h`, `1d`; parsed to milliseconds, at least `min`, at most `max`: what no timer counts may be longer. */
export function duration({ min, max }: { min: string; max?: string }): z.ZodType<number, string> {
  const floor = milliseconds(min);
  const ceiling = max === undefined ? LONGEST : milliseconds(max);
  const form = 'must be a duration with its unit, such as 500ms, 5s, 2m, 2h or 1d';
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : form) })
    .regex(FORM, { error: form, abort: true })
    .refine((text) => milliseconds(text) >= floor, { error: `must be at least ${min}`, abort: true })
    .refine((text) => milliseconds(text) <= ceiling, { error: `must be at most ${max ?? '24d'}` })
    .transform(milliseconds);
}

function milliseconds(text: string): number {
  const [, number, unit] = FORM.exec(text) ?? [];
  return Number(number) * (UNITS[unit ?? ''] ?? Number.NaN);
}
