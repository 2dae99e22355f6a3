import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const FORM = /^(\d{1,9})(B|KB|MB|GB)$/;

/** More does not fit into one text of JavaScript. */
const LARGEST = '512MB';

/** `500B`, `64KB`, `64MB`; parsed to bytes, at least 1 KB. */
export function size(): z.ZodType<number, string> {
  const form = 'must be a size with its unit, such as 500KB or 64MB';
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : form) })
    .regex(FORM, { error: form, abort: true })
    .refine((text) => bytes(text) >= bytes('1KB'), { error: 'must be at least 1KB', abort: true })
    .refine((text) => bytes(text) <= bytes(LARGEST), { error: `must be at most ${LARGEST}` })
    .transform(bytes);
}

function bytes(text: string): number {
  const [, number, unit] = FORM.exec(text) ?? [];
  return Number(number) * (UNITS[unit ?? ''] ?? Number.NaN);
}
