import { z } from 'zod';
import type { ExpressionEngine } from './engine.ts';
import { kindProblems } from './kind-checks.ts';
import { kindSettings } from './kind-settings.ts';

/** Kinds stand in workflow ids and in the names of resources. */
const kindName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, {
  error: 'a kind has 1 to 63 letters, digits, hyphens, dots and underscores, and begins with a letter or a digit',
});

const headers = z.record(
  z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: 'is not the name of a header' }),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'holds a character that a header cannot carry'),
);

/** The keys of `source:` for a source of type `http`. */
export function httpSettings(engine: ExpressionEngine) {
  return z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
        .regex(/^[^@?#]*$/, 'holds credentials, a query or a fragment; a token belongs into accessToken or headers')
        .meta({ description: "Where the API's paths begin, such as https://api.example.com/v1" }),
      accessToken: z
        .string()
        .regex(/^[\x21-\x7e]*$/, 'holds a blank or a character that a header cannot carry')
        .optional()
        .meta({ description: 'Sent as `Authorization: Bearer …`' }),
      headers: headers.default({}).meta({ description: 'Sent with every request; never shown' }),
      kinds: z
        .record(kindName, kindSettings(engine))
        .refine((kinds) => Object.keys(kinds).length > 0, { error: 'must have at least one kind' })
        .meta({ description: 'What can be read, by kind' }),
    })
    .superRefine(
      (source, ctx) => {
        for (const { path, message } of kindProblems(source.kinds)) {
          ctx.addIssue({ code: 'custom', path: ['kinds', ...path], message });
        }
        const names = Object.keys(source.headers ?? {});
        const second = source.accessToken ? names.find((name) => name.toLowerCase() === 'authorization') : undefined;
        if (second !== undefined) ctx.addIssue({ code: 'custom', path: ['headers', second], message: TWICE });
      },
      // What the kinds say of each other is told together with what is wrong with each of them.
      { when: () => true },
    );
}

const TWICE = 'is set by accessToken as well; keep one of the two';

export type HttpSettings = z.output<ReturnType<typeof httpSettings>>;
