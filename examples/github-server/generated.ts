import { random } from './random.ts';
import { issueRecord, organizationRecord, pullRequestRecord, repositoryRecord } from './record-shapes.ts';
import { GitHubStore } from './store.ts';

export interface GeneratedSizes {
  readonly organizations: number;
  /** Spread evenly over the organizations. */
  readonly repositories: number;
  readonly pullRequests: number;
  /**
   * Repositories of an organization of their own that hold the pull requests, evenly: a listing asks every repository
   * of an organization for its pull requests, so few of them make full pages. They are not counted in `repositories`.
   */
  readonly repositoriesWithPulls: number;
  /** Of the repositories that hold the pull requests, numbered after these. Default 0. */
  readonly issues?: number;
  /** Default 1. The same sizes and seed make the same records. */
  readonly seed?: number;
}

export interface Mutation {
  /** Share of the records, in percent, that get a new revision. Default 5. */
  readonly changePct?: number;
  /** Share of the records, in percent, that go. Default 5. The repositories that hold pull requests stay. */
  readonly removePct?: number;
  /** Default 42. */
  readonly seed?: number;
}

export interface KindCounts {
  readonly repository: number;
  readonly 'pull-request': number;
  readonly issue: number;
}

export interface Generated {
  readonly store: GitHubStore;
  /** Logins of the organizations that hold the repositories. */
  readonly organizations: readonly string[];
  /** Login of the organization that holds the pull requests. */
  readonly pullsOrganization: string;
  /** Changes and removes repositories, pull requests and issues, the same ones for the same seed. */
  mutate(mutation?: Mutation): { readonly changed: KindCounts; readonly removed: KindCounts };
}

/** A record that may change or go: the store's copy is made anew from it. */
interface Item {
  revision: number;
  put(revision: number): void;
  remove(): void;
}

/** A store of generated records in GitHub's shape. */
export function generated({ seed = 1, ...sizes }: GeneratedSizes): Generated {
  const store = new GitHubStore();
  const organizations = Array.from({ length: sizes.organizations }, (_, index) => `org-${index}`);
  const pullsOrganization = 'org-pulls';
  for (const [index, login] of [...organizations, pullsOrganization].entries()) {
    store.putOrganization(organizationRecord(login, index));
  }
  const repositories = items(sizes.repositories, (index) =>
    repositoryItem(store, { seed, index, owner: nth(organizations, index) }),
  );
  const owned = { ...sizes, seed, owner: pullsOrganization };
  const holders = putHolders(store, owned);
  const live = {
    repository: repositories,
    'pull-request': pullItems(store, { ...owned, holders }),
    issue: issueItems(store, { ...owned, holders }),
  };
  return {
    store,
    organizations,
    pullsOrganization,
    mutate(mutation = {}) {
      const next = random(mutation.seed ?? 42);
      const repository = mutateItems(live.repository, mutation, next);
      const pulls = mutateItems(live['pull-request'], mutation, next);
      const issues = mutateItems(live.issue, mutation, next);
      live.repository = repository.live;
      live['pull-request'] = pulls.live;
      live.issue = issues.live;
      return {
        changed: { repository: repository.changed, 'pull-request': pulls.changed, issue: issues.changed },
        removed: { repository: repository.removed, 'pull-request': pulls.removed, issue: issues.removed },
      };
    },
  };
}

interface Seeded {
  readonly seed: number;
  readonly index: number;
  readonly owner: string;
}

function repositoryItem(store: GitHubStore, facts: Seeded): Omit<Item, 'revision'> {
  const { full_name } = repositoryRecord({ ...facts, revision: 0 });
  return {
    put: (revision) => store.putRepository(repositoryRecord({ ...facts, revision })),
    remove: () => store.removeRepository(String(full_name)),
  };
}

type OwnedSizes = GeneratedSizes & { readonly seed: number; readonly owner: string };

type HeldSizes = OwnedSizes & { readonly holders: readonly { readonly id: number; readonly name: string }[] };

function putHolders(store: GitHubStore, { seed, owner, ...sizes }: OwnedSizes): HeldSizes['holders'] {
  return Array.from({ length: sizes.repositoriesWithPulls }, (_, index) => {
    const record = repositoryRecord({ seed, index: sizes.repositories + index, revision: 0, owner });
    store.putRepository({ ...record, private: false, visibility: 'public' });
    return { id: Number(record.id), name: String(record.name) };
  });
}

function pullItems(store: GitHubStore, { seed, owner, holders, ...sizes }: HeldSizes): Item[] {
  return items(sizes.pullRequests, (index) => {
    const repository = nth(holders, index);
    const facts = { seed, index, owner, repository, number: Math.floor(index / holders.length) + 1 };
    return {
      put: (revision) => store.putPullRequest(pullRequestRecord({ ...facts, revision })),
      remove: () => store.removePullRequest(`${owner}/${repository.name}`, facts.number),
    };
  });
}

function issueItems(store: GitHubStore, { seed, owner, holders, ...sizes }: HeldSizes): Item[] {
  const pulls = Math.ceil(sizes.pullRequests / holders.length);
  return items(sizes.issues ?? 0, (index) => {
    const repository = nth(holders, index);
    const facts = { seed, index, owner, repository, number: pulls + Math.floor(index / holders.length) + 1 };
    return {
      put: (revision) => store.putIssue(issueRecord({ ...facts, revision })),
      remove: () => store.removeIssue(`${owner}/${repository.name}`, facts.number),
    };
  });
}

function items(count: number, make: (index: number) => Omit<Item, 'revision'>): Item[] {
  return Array.from({ length: count }, (_, index) => {
    const item = { revision: 0, ...make(index) };
    item.put(0);
    return item;
  });
}

function mutateItems(all: readonly Item[], { changePct = 5, removePct = 5 }: Mutation, next: () => number) {
  const live: Item[] = [];
  let changed = 0;
  for (const item of all) {
    if (next() * 100 < removePct) {
      item.remove();
      continue;
    }
    live.push(item);
    if (next() * 100 >= changePct) continue;
    item.revision += 1;
    item.put(item.revision);
    changed += 1;
  }
  return { live, changed, removed: all.length - live.length };
}

function nth<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new Error('There are records to generate, but nothing that could hold them');
  return item;
}
