import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfiguration } from '../../config/load.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { type ListenerSource, type Row, startListenerSource } from './listener-source.ts';
import { Rig } from './rig.ts';

const LISTENERS = fileURLToPath(new URL('./listeners', import.meta.url));

/** Rows in a page of the source. A batch has ten pages. */
export const PAGE_SIZE = 10;

export interface ModuleRigOptions {
  /** A file of test/support/listeners. Default `main.ts`. */
  readonly module?: string;
  readonly kinds: readonly string[];
  /** Keys of `source:` besides the module and the base URL. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** `false`: the test starts workers itself. */
  readonly worker?: boolean;
}

export interface ModuleRig {
  readonly rig: Rig;
  readonly source: ListenerSource;
  /** Imports a configuration, for the rig's own integration unless another is named. */
  configure(options: ModuleRigOptions & { readonly integration?: string }): Promise<void>;
  /** The identifiers of a kind's entities, in order. */
  ids(kind: string): Promise<string[]>;
  close(): Promise<void>;
}

/** A rig whose integration reads an HTTP source by listeners. Each kind is a blueprint of its own. */
export async function startModuleRig(options: ModuleRigOptions): Promise<ModuleRig> {
  const source = await startListenerSource({ pageSize: PAGE_SIZE });
  const rig = await Rig.start({ store: new GitHubStore(), organizations: ['none'], worker: false });
  const opened: ModuleRig = {
    rig,
    source,
    async configure({ integration = rig.integration, ...given }) {
      const text = configurationText(integration, { url: source.url, ...given });
      await rig.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext({})));
    },
    async ids(kind) {
      const entities = [...(await rig.entities()).values()].filter(({ blueprint }) => blueprint === kind);
      return entities.map(({ identifier }) => identifier).sort();
    },
    async close() {
      await rig.close();
      await source.close();
    },
  };
  await opened.configure(options);
  if (options.worker !== false) await rig.startWorker();
  return opened;
}

function configurationText(
  integration: string,
  { url, module = 'main.ts', kinds, settings = {} }: ModuleRigOptions & { readonly url: string },
): string {
  const resources = kinds.map((kind) => ({
    kind,
    entity: { identifier: 'id', blueprint: JSON.stringify(kind), title: 'name' },
  }));
  const source = { type: 'module', module: path.join(LISTENERS, module), baseUrl: url, ...settings };
  return JSON.stringify({ integrations: { [integration]: { source, resources } } });
}

/** So many rows, with ids that sort as they come. */
export const rowsOf = (count: number, name = 'row'): Row[] =>
  Array.from({ length: count }, (_, index) => ({ id: String(index).padStart(5, '0'), name: `${name} ${index}` }));
