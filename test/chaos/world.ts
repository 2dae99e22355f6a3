import type { RawRecord } from '../../domain/json.ts';
import type { Answer as HttpAnswer } from '../../examples/github-server/answers.ts';
import type { Fault } from '../../examples/github-server/faults.ts';
import { organizationRecord, pullRequestRecord, repositoryRecord } from '../../examples/github-server/record-shapes.ts';
import type { GitHubRequest } from '../../examples/github-server/request.ts';
import { createGitHubServer, type GitHubServer } from '../../examples/github-server/server.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import type { Answer, Kind, State } from './events.ts';
import type { Change, FaultName, InjectedFault } from './scenario.ts';

/** Longest time that an answer is kept waiting before its connection breaks, in milliseconds. */
const HANG_MS = 1_500;

const LIES: readonly FaultName[] = ['empty page', 'empty list', 'short list'];

interface Repository {
  readonly index: number;
  revision: number;
  name: string;
  readonly pulls: Map<number, number>;
}

/** One scenario's source: an organization with few records on a server of its own, which logs all that it is and says. */
export class World {
  readonly states: State[] = [];
  readonly answers: (Answer & { moot: boolean })[] = [];
  /** Told of each request before it is answered, and waited for. */
  onRequest: (url: string) => Promise<void> = async () => {};
  private server!: GitHubServer;
  private readonly organization: string;
  private readonly store = new GitHubStore();
  private readonly live: Repository[] = [];
  private readonly keys = new Map<string, string>();
  private readonly armed = new Map<string, { fault: FaultName; times: number }>();
  private count = 0;
  private names = 0;

  private constructor(organization: string) {
    this.organization = organization;
  }

  static async start(organization: string, sizes: { repositories: number; pulls: number; pageSize: number }) {
    const world = new World(organization);
    world.server = await createGitHubServer({
      store: world.store,
      pageSizeLimit: sizes.pageSize,
      intercept: (request) => world.intercept(request),
    });
    const record = organizationRecord(organization, 0);
    world.store.putOrganization(record);
    world.note('organization', record);
    for (let index = 0; index < sizes.repositories; index++) world.create();
    for (let index = 0; index < sizes.pulls; index++) world.apply({ change: 'open pull', pick: index });
    return world;
  }

  get url(): string {
    return this.server.url;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  apply({ change, pick }: Change): void {
    const repository = this.live[pick % this.live.length];
    if (change === 'create') this.create();
    else if (change === 'clear') for (const each of [...this.live]) this.remove(each);
    else if (!repository) return;
    else if (change === 'remove') this.remove(repository);
    else if (change === 'rename') this.rename(repository);
    else if (change === 'edit') this.put({ repository, revision: repository.revision + 1 });
    else this.changePull(change, repository, pick);
  }

  /** This URL's next requests get the fault. Lists only lie, lookups only fail: a lookup's 404 would be its word. */
  arm(url: string, { fault, times }: InjectedFault): void {
    const listing = /\/(repos|pulls)\?/.test(url);
    const fitting = listing || !(LIES.includes(fault) || fault === '404') ? fault : '502';
    this.armed.set(url, { fault: fitting, times });
  }

  disarm(): void {
    this.armed.clear();
  }

  /** From now on everything is answered, and truly. */
  heal(): void {
    this.disarm();
    this.onRequest = async () => {};
  }

  private create(): void {
    const repository = { index: this.count++, revision: 0, name: this.newName(), pulls: new Map<number, number>() };
    this.live.push(repository);
    this.put({ repository, revision: 0 });
  }

  /** Few names, so that a new repository may have the name that another one had before. */
  private newName(): string {
    const taken = new Set(this.live.map(({ name }) => name));
    for (;;) {
      const name = `name-${this.names++ % 12}`;
      if (!taken.has(name)) return name;
    }
  }

  private put({ repository, revision }: { repository: Repository; revision: number }): void {
    repository.revision = revision;
    const { index, name } = repository;
    const full_name = `${this.organization}/${name}`;
    const facts = { seed: 1, index, revision, owner: this.organization };
    const record: RawRecord = { ...repositoryRecord(facts), name, full_name, fork: false, private: false };
    this.store.putRepository(record);
    this.note('repository', record);
    this.keys.set(`/repositories/${record.id}`, String(record.node_id));
    for (const [number, pull] of repository.pulls) this.putPull(repository, { number, revision: pull });
  }

  private putPull(repository: Repository, { number, revision }: { number: number; revision: number }): void {
    repository.pulls.set(number, revision);
    const { index, name } = repository;
    const id = 100_000 + index;
    const record = pullRequestRecord({
      ...{ seed: 1, index: index * 100 + number, revision, owner: this.organization },
      ...{ repository: { id, name }, number },
    });
    this.store.putPullRequest(record);
    this.note('pull-request', record);
    this.keys.set(`/repos/${this.organization}/${name}/pulls/${number}`, String(record.node_id));
    this.keys.set(`/repositories/${id}/pulls/${number}`, String(record.node_id));
  }

  private changePull(change: Change['change'], repository: Repository, pick: number): void {
    const numbers = [...repository.pulls.keys()];
    const number = numbers[pick % numbers.length];
    if (change === 'open pull') this.putPull(repository, { number: Math.max(0, ...numbers) + 1, revision: 0 });
    else if (number === undefined) return;
    else if (change === 'edit pull') this.putPull(repository, { number, revision: this.states.length });
    else this.dropPull(repository, number);
  }

  private dropPull(repository: Repository, number: number): void {
    const key = this.keys.get(`/repos/${this.organization}/${repository.name}/pulls/${number}`) as string;
    repository.pulls.delete(number);
    this.store.removePullRequest(`${this.organization}/${repository.name}`, number);
    this.note('pull-request', null, key);
  }

  private remove(repository: Repository): void {
    for (const number of repository.pulls.keys()) this.dropPull(repository, number);
    this.store.removeRepository(`${this.organization}/${repository.name}`);
    this.note('repository', null, this.keys.get(`/repositories/${100_000 + repository.index}`));
    this.live.splice(this.live.indexOf(repository), 1);
    this.leave(repository.name);
  }

  private rename(repository: Repository): void {
    const { name } = repository;
    repository.name = this.newName();
    this.put({ repository, revision: repository.revision });
    this.leave(name);
  }

  /** Nothing can be asked for by this name any more. */
  private leave(name: string): void {
    const path = `/repos/${this.organization}/${name}/`;
    for (const answer of this.answers) if (answer.url.startsWith(path)) answer.moot = true;
  }

  private note(kind: Kind, record: RawRecord | null, key = String(record?.node_id)): void {
    this.states.push({ at: Date.now(), kind, key, record });
  }

  private async intercept(request: GitHubRequest): Promise<Fault | undefined> {
    const at = Date.now();
    const url = `${request.path}?${new URLSearchParams(request.query)}`;
    await this.onRequest(url);
    const armed = this.armed.get(url);
    if (!armed || armed.times-- <= 0) return this.answered({ at, url, request, lie: null });
    if (LIES.includes(armed.fault)) return this.answered({ at, url, request, lie: armed.fault });
    this.log({ at, url, request, truth: 'fault', body: null });
    if (armed.fault === 'hang') await new Promise((resolve) => setTimeout(resolve, HANG_MS));
    return faultOf(armed.fault);
  }

  private answered(asked: { at: number; url: string; request: GitHubRequest; lie: FaultName | null }): Fault {
    const alter = (proper: HttpAnswer): HttpAnswer => {
      const answer = asked.lie === null || proper.status !== 200 ? proper : lying(proper, asked.lie);
      const body = answer.status === 200 ? JSON.parse(String(answer.body)) : answer.status === 404 ? null : [];
      this.log({ ...asked, truth: answer === proper ? 'true' : 'lie', body });
      return answer;
    };
    return { fault: 'alter', alter };
  }

  private log({ at, url, request, truth, body }: Logged): void {
    const { route, path, page, query } = request;
    const pulls = route === 'pulls' || route === 'pull' || query.type === 'sources';
    const kind = pulls ? 'pull-request' : route === 'organization' ? 'organization' : 'repository';
    const lookup = route === 'repository' || route === 'pull';
    const opening = route === 'organization' || (route === 'repositories' && page === 1);
    const known = this.keys.get(decodeURIComponent(path));
    const rows = route === 'repositories' && pulls ? [] : [body].flat().filter((row) => row !== null);
    const records = new Map(rows.map((row) => [String(row.node_id), row]));
    if (lookup && truth !== 'fault' && body === null && known)
      this.answers.push({ at, kind, url, form: 'lookup', truth, moot: false, records: new Map([[known, null]]) });
    else
      this.answers.push({
        at,
        kind,
        url,
        form: lookup ? 'lookup' : opening ? 'opening' : 'page',
        truth,
        moot: false,
        records,
      });
  }
}

interface Logged {
  readonly at: number;
  readonly url: string;
  readonly request: GitHubRequest;
  readonly truth: Answer['truth'];
  /** `null`: 404, or nothing of use. */
  readonly body: RawRecord | readonly RawRecord[] | null;
}

function lying(proper: HttpAnswer, lie: FaultName): HttpAnswer {
  const { link = '', ...headers } = proper.headers as { link?: string };
  if (lie === 'empty page') return { ...proper, body: '[]' };
  if (lie === 'empty list') return { ...proper, headers, body: '[]' };
  const rows = JSON.parse(String(proper.body));
  // The page is whole, and what follows it is kept back; the only page loses its last row.
  return link.includes('rel="next"')
    ? { ...proper, headers }
    : { ...proper, headers, body: JSON.stringify(rows.slice(0, -1)) };
}

function faultOf(name: FaultName): Fault {
  if (name === 'hang' || name === 'destroy') return { fault: 'destroy' };
  if (name === 'cut') return { fault: 'cut' };
  if (name === 'truncated') {
    return { fault: 'alter', alter: (answer) => ({ ...answer, body: String(answer.body).slice(0, -1) }) };
  }
  return { fault: 'answer', status: Number(name), body: { message: 'injected' } };
}
