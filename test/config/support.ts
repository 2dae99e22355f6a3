import { z } from 'zod';
import type { Configuration, Integration } from '../../config/configuration.ts';
import type { ConfigurationContext, SourceDefinition } from '../../config/definitions.ts';
import { loadConfiguration } from '../../config/load.ts';
import { ConfigurationError } from '../../config/problem.ts';

type Environment = ConfigurationContext['env'];

/** A source with one of each: text, number, boolean, required selector field, enumeration. */
const forge: SourceDefinition = {
  type: 'forge',
  settings: z.strictObject({
    baseUrl: z.url().default('https://forge.example'),
    accessToken: z.string().optional(),
    pageSize: z.int().max(100).default(100),
    archived: z.boolean().default(false),
    region: z
      .string()
      .refine((text) => text !== 'atlantis', { error: ({ input }) => `no region is called ${input}` })
      .optional(),
  }),
  kinds: {
    organization: z.strictObject({ organizations: z.array(z.string()).min(1) }),
    repository: z.strictObject({ type: z.enum(['all', 'public']).default('all') }),
  },
};

/** A source without settings that the environment can give. */
const feed: SourceDefinition = { type: 'feed', settings: z.strictObject({}), kinds: { item: z.strictObject({}) } };

/** In place of the engine: an expression with `!!` in it does not compile, and the error quotes it. */
export function contextOf(env: Environment = {}): ConfigurationContext {
  return {
    sources: [forge, feed],
    destinations: [{ type: 'catalog', settings: z.strictObject({}) }],
    checkExpression: (text) =>
      text.includes('!!') ? { message: `unexpected !! in ${text}`, position: text.indexOf('!!') } : null,
    directory: '/',
    env,
  };
}

export function load(text: string, env: Environment = {}): Configuration {
  return loadConfiguration({ file: 'tidemark.yaml', text }, contextOf(env));
}

/** The only integration of a configuration. */
export function loadOne(text: string, env: Environment = {}): Integration {
  const { integrations } = load(text, env);
  if (integrations.length !== 1 || integrations[0] === undefined)
    throw new Error(`${integrations.length} integrations`);
  return integrations[0];
}

/** The error that a configuration is refused with. */
export function refusal(text: string, env: Environment = {}): ConfigurationError {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** The mistakes found, without the file's name. */
export function mistakes(text: string, env: Environment = {}): string[] {
  return refusal(text, env)
    .message.split('\n')
    .map((line) => line.replace(/^tidemark\.yaml:/, ''));
}

/** An integration called `acme` that is right, with lines put in: at the top, into the integration, into its source. */
export function acme({ top = '', integration = '', source = '', resources = RESOURCES } = {}): string {
  return `${top}integrations:
  acme:
    source:
      type: forge
${source}${integration}    resources:
${resources}`;
}

export const RESOURCES = `      - kind: repository
        entity: { identifier: name, blueprint: '"repo"' }
`;
