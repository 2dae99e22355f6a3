import type { Configuration } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import type { Finding } from './problem.ts';

/** Has each source check by code of its own what the file asks of it. */
export async function verify({ integrations }: Configuration, context: ConfigurationContext): Promise<Finding[]> {
  const { sources, directory } = context;
  const found = integrations.map(async ({ id, source, resources }): Promise<Finding[]> => {
    const type = sources.find((candidate) => candidate.type === source.type);
    const mistakes = (await type?.verify?.(source.settings, { directory, resources })) ?? [];
    return mistakes.map(({ path, message }) => ({
      path: ['integrations', id, ...path],
      at: 'value',
      message,
      offset: null,
    }));
  });
  return (await Promise.all(found)).flat();
}
