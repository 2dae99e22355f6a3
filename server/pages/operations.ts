import type { describeApi } from '../openapi.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description: string;
}

/** A route as the page shows it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** A caller has to prove itself. */
  readonly isSecured: boolean;
  readonly parameters: readonly Parameter[];
  /** The schema of the body in JSON; `null`: it takes none. */
  readonly body: unknown;
  readonly answers: readonly { readonly status: string; readonly description: string }[];
}

type Description = ReturnType<typeof describeApi>;

interface Described {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly (Partial<Parameter> & { readonly schema?: { readonly description?: string } })[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> };
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
}

/** The routes of a description, in its order. */
export function operationsOf({ paths }: Description): Operation[] {
  return Object.entries(paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Described>).map(([method, described]) =>
      operationOf(method.toUpperCase(), path, described),
    ),
  );
}

function operationOf(method: string, path: string, described: Described): Operation {
  return {
    id: `${method}${path}`.replaceAll(/[^A-Za-z0-9]+/g, '-'),
    method,
    path,
    tag: described.tags?.[0] ?? 'Others',
    summary: described.summary ?? '',
    description: described.description ?? '',
    isSecured: (described.security ?? []).length > 0,
    parameters: (described.parameters ?? []).map((parameter) => ({
      name: String(parameter.name),
      in: parameter.in === 'path' ? 'path' : 'query',
      required: parameter.required ?? false,
      description: parameter.description ?? parameter.schema?.description ?? '',
    })),
    body: described.requestBody?.content?.['application/json']?.schema ?? null,
    answers: Object.entries(described.responses ?? {}).map(([status, { description = '' }]) => ({
      status,
      description,
    })),
  };
}
