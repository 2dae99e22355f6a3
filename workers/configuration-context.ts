import type { ConfigurationContext } from '../config/definitions.ts';
import { catalogDefinition } from '../destinations/catalog.ts';
import { shopwareDefinition } from '../destinations/shopware/shopware-destination.ts';
import { checkExpression } from '../mapping/expression.ts';
import { sourceTypes } from './source-types.ts';

/**
 * What configurations are checked against in this program: the sources and destinations that it knows. `directory`: the
 * folder of the configuration file.
 */
export function configurationContext(env: NodeJS.ProcessEnv, directory = process.cwd()): ConfigurationContext {
  return { sources: sourceTypes, destinations: [catalogDefinition, shopwareDefinition], checkExpression, directory, env };
}
