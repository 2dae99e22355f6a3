import type { RawRecord } from '../../domain/json.ts';
import { random } from './random.ts';

const LANGUAGES = ['Go', 'TypeScript', 'Python', 'Java', 'Rust', 'Ruby', 'C++', 'Kotlin', null];
const AREAS = ['billing', 'search', 'login', 'mail', 'reports'];
const API = 'https://api.github.com';
const WEB = 'https://github.com';
const DAY = 86_400_000;

/** What a generated record is made from. The same facts make the same record. */
export interface RecordFacts {
  readonly seed: number;
  /** Of all records of its kind, from 0. */
  readonly index: number;
  /** How often it was changed. */
  readonly revision: number;
  /** Login of the organization. */
  readonly owner: string;
}

/** Of a pull request or an issue. */
export interface ItemFacts extends RecordFacts {
  readonly repository: { readonly id: number; readonly name: string };
  readonly number: number;
}

export function organizationRecord(login: string, index: number): RawRecord {
  const url = `${API}/orgs/${login}`;
  return {
    login,
    id: 1000 + index,
    node_id: `O_${index.toString(36)}`,
    url,
    repos_url: `${url}/repos`,
    avatar_url: `https://avatars.githubusercontent.com/u/${1000 + index}?v=4`,
    description: `Organization number ${index}`,
    html_url: `${WEB}/${login}`,
    type: 'Organization',
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2025-01-01T00:00:00Z',
  };
}

/** About 2.5 KB. */
export function repositoryRecord(facts: RecordFacts): RawRecord {
  const { index, revision, owner } = facts;
  const draw = drawing(facts, 1);
  const id = 100_000 + index;
  const name = `svc-${String(index).padStart(6, '0')}`;
  const full_name = `${owner}/${name}`;
  const url = `${API}/repos/${full_name}`;
  const hidden = draw.chance(0.4);
  const stars = draw.below(5000) + revision;
  const openIssues = draw.below(80);
  const forks = draw.below(300);
  return {
    id,
    node_id: `R_kgDOL${index.toString(36)}`,
    name,
    full_name,
    private: hidden,
    owner: account(owner, 1000, 'Organization'),
    html_url: `${WEB}/${full_name}`,
    description: `Service ${name} of ${owner}, revision ${revision}. Handles ${AREAS[index % AREAS.length]} for the platform.`,
    fork: draw.chance(0.1),
    url,
    ...urls(url),
    git_url: `git://github.com/${full_name}.git`,
    ssh_url: `git@github.com:${full_name}.git`,
    clone_url: `${WEB}/${full_name}.git`,
    homepage: null,
    created_at: '2021-03-04T05:06:07Z',
    updated_at: changedAt(revision),
    pushed_at: changedAt(revision),
    size: draw.below(90_000),
    stargazers_count: stars,
    watchers_count: stars,
    language: LANGUAGES[draw.below(LANGUAGES.length)] ?? null,
    has_issues: true,
    has_projects: true,
    has_wiki: false,
    forks_count: forks,
    archived: draw.chance(0.05),
    disabled: false,
    open_issues_count: openIssues,
    license: {
      key: 'apache-2.0',
      name: 'Apache License 2.0',
      spdx_id: 'Apache-2.0',
      url: `${API}/licenses/apache-2.0`,
    },
    allow_forking: true,
    is_template: false,
    topics: ['platform', `team-${index % 37}`, `tier-${index % 4}`],
    visibility: hidden ? 'private' : 'public',
    forks,
    open_issues: openIssues,
    watchers: stars,
    default_branch: 'main',
    permissions: { admin: false, maintain: false, push: false, triage: false, pull: true },
  };
}

/** About 1.3 KB. */
export function pullRequestRecord(facts: ItemFacts): RawRecord {
  const { index, revision, owner, repository, number } = facts;
  const draw = drawing(facts, 2);
  const full_name = `${owner}/${repository.name}`;
  const repo = { id: repository.id, name: repository.name, full_name, private: false, owner: { login: owner } };
  const page = `${WEB}/${full_name}/pull/${number}`;
  const open = draw.chance(0.6);
  return {
    id: 9_000_000 + index,
    number,
    node_id: `PR_${index.toString(36)}`,
    url: `${API}/repos/${full_name}/pulls/${number}`,
    html_url: page,
    diff_url: `${page}.diff`,
    state: open ? 'open' : 'closed',
    locked: false,
    title: `Change ${number} in ${repository.name}, revision ${revision}`,
    body: `This change updates ${repository.name}. `.repeat(6).trim(),
    user: account(`dev-${index % 211}`, index % 211, 'User'),
    labels: [
      { id: 1, name: 'enhancement', color: 'a2eeef' },
      { id: 2, name: `area-${index % 9}`, color: 'ededed' },
    ],
    created_at: '2025-02-03T04:05:06Z',
    updated_at: changedAt(revision),
    closed_at: open ? null : '2025-02-10T00:00:00Z',
    merged_at: null,
    draft: draw.chance(0.2),
    head: { ref: `feature/${number}`, sha: sha(index), repo },
    base: { ref: 'main', sha: sha(0), repo },
  };
}

/** About 1.2 KB. */
export function issueRecord(facts: ItemFacts): RawRecord {
  const { index, revision, owner, repository, number } = facts;
  const draw = drawing(facts, 3);
  const full_name = `${owner}/${repository.name}`;
  const url = `${API}/repos/${full_name}/issues/${number}`;
  const open = draw.chance(0.5);
  return {
    id: 7_000_000 + index,
    number,
    node_id: `I_${index.toString(36)}`,
    url,
    repository_url: `${API}/repos/${full_name}`,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    html_url: `${WEB}/${full_name}/issues/${number}`,
    state: open ? 'open' : 'closed',
    state_reason: open ? null : 'completed',
    locked: false,
    title: `Question ${number} about ${repository.name}, revision ${revision}`,
    body: `What does ${repository.name} do here? `.repeat(6).trim(),
    user: account(`dev-${index % 211}`, index % 211, 'User'),
    labels: [{ id: 3, name: `area-${index % 9}`, color: 'ededed' }],
    assignee: null,
    assignees: [],
    milestone: null,
    comments: draw.below(30),
    created_at: '2025-02-03T04:05:06Z',
    updated_at: changedAt(revision),
    closed_at: open ? null : '2025-02-10T00:00:00Z',
  };
}

function drawing({ seed, index, revision }: RecordFacts, kind: number) {
  const next = random(Math.imul(seed + 1, 7919) ^ Math.imul(index + 1, 104_729) ^ Math.imul(revision + 1, 31) ^ kind);
  return {
    chance: (share: number): boolean => next() < share,
    below: (end: number): number => Math.floor(next() * end),
  };
}

function urls(url: string): Record<string, string> {
  const names = ['forks', 'teams', 'hooks', 'tags', 'languages', 'stargazers', 'contributors', 'subscribers', 'events'];
  names.push('deployments', 'merges', 'downloads');
  const templates = { keys: '{/key_id}', branches: '{/branch}', commits: '{/sha}', pulls: '{/number}' };
  return Object.fromEntries([
    ...names.map((name) => [`${name}_url`, `${url}/${name}`]),
    ...Object.entries(templates).map(([name, template]) => [`${name}_url`, `${url}/${name}${template}`]),
  ]);
}

function account(login: string, id: number, type: string): RawRecord {
  return {
    login,
    id,
    type,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    html_url: `${WEB}/${login}`,
  };
}

function changedAt(revision: number): string {
  return new Date(Date.UTC(2025, 2, 11, 9) + revision * DAY).toISOString().replace('.000', '');
}

function sha(index: number): string {
  return (Math.imul(index, 2_654_435_761) >>> 0).toString(16).padStart(40, '0');
}
