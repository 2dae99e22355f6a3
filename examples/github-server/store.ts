import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';

/**
 * The records that the server answers from, in GitHub's own shape. It may be changed while it is being read: every
 * answer is made from what is there at that moment. Records are replaced, never changed in place. Lists are in the
 * order in which the records came; names know no case, as at GitHub.
 */
export class GitHubStore {
  readonly #organizations = new Map<string, RawRecord>();
  readonly #repositories = new Map<string, RawRecord>();
  readonly #names = new Map<number, string>();
  readonly #pulls = new Map<string, Map<number, RawRecord>>();
  readonly #issues = new Map<string, Map<number, RawRecord>>();
  readonly #moved = new Map<string, number>();
  readonly #lists = new Map<string, readonly RawRecord[]>();

  putOrganization(record: RawRecord): void {
    this.#organizations.set(text(record.login).toLowerCase(), record);
    this.#lists.clear();
  }

  /** A record with the id of another one is the same repository under a new name; one with its name replaces it. */
  putRepository(record: RawRecord): void {
    const name = text(record.full_name).toLowerCase();
    const id = number(record.id);
    const before = this.#names.get(id);
    if (before !== undefined && before !== name) this.#move(before, name, id);
    const replaced = this.#repositories.get(name);
    if (replaced !== undefined) this.#names.delete(number(replaced.id));
    this.#names.set(id, name);
    this.#moved.delete(name);
    this.#repositories.set(name, record);
    this.#lists.clear();
  }

  /** Listed under the repository of its base. */
  putPullRequest(record: RawRecord): void {
    const name = text(at(record, 'base', 'repo', 'full_name')).toLowerCase();
    const pulls = this.#pulls.get(name) ?? new Map<number, RawRecord>();
    this.#pulls.set(name, pulls.set(number(record.number), record));
    this.#lists.clear();
  }

  /** Listed under the repository that its `repository_url` names. */
  putIssue(record: RawRecord): void {
    const name = text(record.repository_url).split('/').slice(-2).join('/').toLowerCase();
    const issues = this.#issues.get(name) ?? new Map<number, RawRecord>();
    this.#issues.set(name, issues.set(number(record.number), record));
    this.#lists.clear();
  }

  removeOrganization(login: string): void {
    this.#organizations.delete(login.toLowerCase());
    this.#lists.clear();
  }

  /** Its pull requests and issues go with it. */
  removeRepository(fullName: string): void {
    const name = fullName.toLowerCase();
    const record = this.#repositories.get(name);
    if (record !== undefined) this.#names.delete(number(record.id));
    this.#repositories.delete(name);
    this.#pulls.delete(name);
    this.#issues.delete(name);
    this.#lists.clear();
  }

  removePullRequest(fullName: string, pull: number): void {
    this.#pulls.get(fullName.toLowerCase())?.delete(pull);
    this.#lists.clear();
  }

  removeIssue(fullName: string, issue: number): void {
    this.#issues.get(fullName.toLowerCase())?.delete(issue);
    this.#lists.clear();
  }

  organization(login: string): RawRecord | null {
    return this.#organizations.get(login.toLowerCase()) ?? null;
  }

  organizationById(id: number): RawRecord | null {
    return this.organizations().find((record) => record.id === id) ?? null;
  }

  repository(fullName: string): RawRecord | null {
    return this.#repositories.get(fullName.toLowerCase()) ?? null;
  }

  repositoryById(id: number): RawRecord | null {
    return this.#repositories.get(this.#names.get(id) ?? '') ?? null;
  }

  /** The id of the repository that had this name before it was renamed. */
  movedFrom(fullName: string): number | null {
    return this.#moved.get(fullName.toLowerCase()) ?? null;
  }

  pullRequest(fullName: string, pull: number): RawRecord | null {
    return this.#pulls.get(fullName.toLowerCase())?.get(pull) ?? null;
  }

  organizations(): readonly RawRecord[] {
    return this.#list('organizations', () => [...this.#organizations.values()]);
  }

  repositories(): readonly RawRecord[] {
    return this.#list('repositories', () => [...this.#repositories.values()]);
  }

  pullRequests(): readonly RawRecord[] {
    return this.#list('pulls', () => [...this.#pulls.values()].flatMap((pulls) => [...pulls.values()]));
  }

  issues(): readonly RawRecord[] {
    return this.#list('issues', () => [...this.#issues.values()].flatMap((issues) => [...issues.values()]));
  }

  repositoriesOf(login: string): readonly RawRecord[] {
    const owner = login.toLowerCase();
    return this.#list(`repositories ${owner}`, () =>
      this.repositories().filter((record) => text(at(record, 'owner', 'login')).toLowerCase() === owner),
    );
  }

  pullRequestsOf(fullName: string): readonly RawRecord[] {
    const name = fullName.toLowerCase();
    return this.#list(`pulls ${name}`, () => [...(this.#pulls.get(name)?.values() ?? [])]);
  }

  issuesOf(fullName: string): readonly RawRecord[] {
    const name = fullName.toLowerCase();
    return this.#list(`issues ${name}`, () => [...(this.#issues.get(name)?.values() ?? [])]);
  }

  #move(from: string, to: string, id: number): void {
    this.#repositories.delete(from);
    this.#moved.set(from, id);
    for (const lists of [this.#pulls, this.#issues]) {
      const records = lists.get(from);
      if (records !== undefined) lists.set(to, records);
      lists.delete(from);
    }
  }

  // Kept until the next change, so that a long listing is not put together anew for each of its pages.
  #list(key: string, make: () => readonly RawRecord[]): readonly RawRecord[] {
    const list = this.#lists.get(key) ?? make();
    this.#lists.set(key, list);
    return list;
  }
}

/** The value at a path of keys in a record; `undefined` where there is none. */
export function at(record: Json | undefined, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = record;
  for (const key of path) value = isRawRecord(value) ? value[key] : undefined;
  return value;
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string' || value === '')
    throw new Error('A record of the store lacks its login, full_name or repository_url');
  return value;
}

function number(value: Json | undefined): number {
  if (typeof value !== 'number') throw new Error('A record of the store lacks its id or number');
  return value;
}
