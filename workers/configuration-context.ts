import type { ConfigurationContext } from '../config/definitions.ts';
import { catalogDefinition } from '../destinations/catalog.ts';
import { portDefinition } from '../destinations/port/port-destination.ts';
import { shopwareDefinition } from '../destinations/shopware/shopware-destination.ts';
import { checkExpression } from '../mapping/expression.ts';
import { sourceTypes } from './source-types.ts';

/**
 * What configurations are checked against in this program: the sources and destinations that it knows. `directory`: the
 * folder of the configuration file.
 */
export function configurationContext(env: NodeJS.ProcessEnv, directory = process.cwd()): ConfigurationContext {
  const destinations = [catalogDefinition, portDefinition, shopwareDefinition];
  return { sources: sourceTypes, destinations, checkExpression, directory, env };
}
