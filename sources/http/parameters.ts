import { z } from 'zod';

/** The name of a parameter in an address. */
export const parameterName = z.string().min(1);

export const pageSize = z.int().min(1).max(100_000);

/** Parameters that every request of a kind carries. */
export const fixedParameters = z.record(
  parameterName,
  z.union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, true or false' }).transform(String),
);
