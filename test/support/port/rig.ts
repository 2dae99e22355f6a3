import { type Generated, generated } from '../../../examples/github-server/generated.ts';
import { Rig, type RigOptions } from '../rig.ts';
import { CLIENT_ID, CLIENT_SECRET, PortServer, type PortServerOptions } from './server.ts';
import type { StoredBlueprint } from './store.ts';

/** The blueprints that the test configuration maps to, as Port has them. */
const BLUEPRINTS: readonly StoredBlueprint[] = [
  { identifier: 'organization' },
  { identifier: 'repository', relations: { organization: { target: 'organization' } } },
  { identifier: 'pullRequest', relations: { repository: { target: 'repository' } } },
];

export interface PortRigOptions extends Partial<RigOptions> {
  /** What the source holds. */
  readonly size?: Partial<Parameters<typeof generated>[0]>;
  /** Keys of `destination:` besides the address and the credentials. */
  readonly destination?: Readonly<Record<string, unknown>>;
  readonly server?: PortServerOptions;
}

/** GitHub on one side, Port on the other, and everything between them real. */
export class PortRig {
  readonly rig: Rig;
  readonly port: PortServer;
  readonly source: Generated;

  private constructor(rig: Rig, port: PortServer, source: Generated) {
    this.rig = rig;
    this.port = port;
    this.source = source;
  }

  static async start({ size, destination, server, settings, ...options }: PortRigOptions = {}): Promise<PortRig> {
    const source = generated({
      organizations: 1,
      repositories: 30,
      pullRequests: 0,
      repositoriesWithPulls: 0,
      ...size,
    });
    const port = await PortServer.start({ blueprints: BLUEPRINTS, ...server });
    try {
      const rig = await Rig.start({
        store: source.store,
        organizations: size?.pullRequests ? [...source.organizations, source.pullsOrganization] : source.organizations,
        resources: { 'pull-request': null },
        settings: {
          destination: {
            type: 'port',
            baseUrl: port.url,
            clientId: CLIENT_ID,
            clientSecret: CLIENT_SECRET,
            ...destination,
          },
          ...settings,
        },
        ...options,
      });
      return new PortRig(rig, port, source);
    } catch (error) {
      await port.close();
      throw error;
    }
  }

  /** What Port holds: `<blueprint>/<identifier>` → entity. */
  held(): Map<string, Record<string, unknown>> {
    return new Map(this.port.store.all().map(({ blueprint, entity }) => [`${blueprint}/${entity.identifier}`, entity]));
  }

  /** Calls that write or delete entities. */
  entityCalls(): number {
    return this.port.calls('upsert').length + this.port.calls('delete').length;
  }

  /** As if so much time had passed since requests left that nobody waits for their answers any more. */
  async expireRequests(): Promise<void> {
    await this.rig.db.query(`update tidemark.remote_entity set until = now() where request is not null`);
  }

  async close(): Promise<void> {
    await this.rig.close();
    await this.port.close();
  }
}
