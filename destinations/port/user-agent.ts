import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** What Port remembers entities by, as their data source. Versions come and go; prefix and suffix stay. */
export const DATASOURCE_PREFIX = 'tidemark/';

export const datasourceSuffix = (integration: string): string => `/${integration}`;

/** `tidemark/<version>/<integration>` (sync-semantics 10). */
export const userAgent = (integration: string): string =>
  `${DATASOURCE_PREFIX}${version}${datasourceSuffix(integration)}`;

export { version as TIDEMARK_VERSION };
