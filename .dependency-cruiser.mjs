/** What each folder may import: the column of "Rooms" in docs/architecture.md. `tests` may import anything. */
const ROOMS = {
  domain: [],
  config: ['domain'],
  sources: ['domain'],
  mapping: ['domain'],
  catalog: ['domain'],
  destinations: ['domain', 'catalog'],
  activities: ['domain', 'config', 'sources', 'mapping', 'catalog', 'destinations'],
  workflows: ['domain'],
  client: ['domain', 'config', 'catalog'],
  server: ['domain', 'client', 'config'],
  cli: ['domain', 'client', 'config', 'mapping', 'workers', 'server', 'examples'],
};

/** Types of these may be imported as well. */
const TYPES = {
  sources: ['config'],
  destinations: ['config'],
  workflows: ['activities'],
  client: ['workflows'],
  server: ['catalog', 'sources'],
};

/** Packages that belong to one room only. */
const PACKAGES = {
  jsonata: ['mapping'],
  re2js: ['mapping'],
  pg: ['catalog', 'workers'],
  axios: ['sources', 'destinations'],
};

const ALL = [...Object.keys(ROOMS), 'workers', 'examples', 'bench', 'test', 'scripts'];
const folders = (names) => `^(${names.join('|')})/`;

const rooms = Object.entries(ROOMS).flatMap(([room, allowed]) => {
  const types = TYPES[room] ?? [];
  const forbidden = ALL.filter((name) => name !== room && !allowed.includes(name));
  return [
    {
      name: `${room}-imports`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: { path: folders(forbidden.filter((name) => !types.includes(name))) },
    },
    ...(types.length === 0
      ? []
      : [
          {
            name: `${room}-imports-types-only`,
            severity: 'error',
            from: { path: `^${room}/` },
            to: { path: folders(types), dependencyTypesNot: ['type-only'] },
          },
        ]),
  ];
});

const packages = Object.entries(PACKAGES).map(([name, owners]) => ({
  name: `${name}-belongs-to-${owners.join('-and-')}`,
  severity: 'error',
  from: { pathNot: folders([...owners, 'test', 'bench']) },
  to: { path: `node_modules/${name}/` },
}));

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'workflows-bring-only-temporal',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: 'node_modules/', pathNot: 'node_modules/@temporalio/(workflow|common)/' },
    },
    {
      name: 'workflows-and-domain-use-no-node',
      severity: 'error',
      from: { path: '^(workflows|domain)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'domain-brings-no-package', severity: 'error', from: { path: '^domain/' }, to: { path: 'node_modules/' } },
    ...rooms,
    ...packages,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
