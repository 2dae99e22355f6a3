import { createRequire } from 'node:module';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import { at, GitHubStore } from './store.ts';

/**
 * A store with every organization, repository and pull request of GitHub's own published example payloads
 * (@octokit/webhooks-examples, MIT), untouched; of several versions of one record the last. An organization that only
 * occurs as an owner gets a record in the shape of the others.
 */
export function octokitExamples(): GitHubStore {
  // The package is one JSON file.
  const events: Json = createRequire(import.meta.url)('@octokit/webhooks-examples');
  const store = new GitHubStore();
  const owners: RawRecord[] = [];
  for (const record of recordsIn(events)) {
    if (isRepository(record)) {
      store.putRepository(record);
      if (at(record, 'owner', 'type') === 'Organization') owners.push(record.owner as RawRecord);
    } else if (isPullRequest(record)) store.putPullRequest(record);
    else if (isRawRecord(record.organization) && isOrganization(record.organization)) {
      store.putOrganization(record.organization);
    }
  }
  for (const owner of owners) {
    if (store.organization(String(owner.login)) === null) store.putOrganization(organizationOf(owner));
  }
  return store;
}

/** Every object in a JSON value, inner ones first. */
function* recordsIn(value: Json): Generator<RawRecord> {
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) yield* recordsIn(inner);
  if (isRawRecord(value)) yield value;
}

function isRepository({ full_name, pulls_url, owner }: RawRecord): boolean {
  return typeof full_name === 'string' && typeof pulls_url === 'string' && isRawRecord(owner);
}

function isPullRequest(record: RawRecord): boolean {
  return typeof record.number === 'number' && typeof at(record, 'base', 'repo', 'full_name') === 'string';
}

function isOrganization({ login, repos_url }: RawRecord): boolean {
  return typeof login === 'string' && typeof repos_url === 'string';
}

function organizationOf({ login, id, node_id, avatar_url }: RawRecord): RawRecord {
  const url = `https://api.github.com/orgs/${login}`;
  return {
    login: login ?? null,
    id: id ?? null,
    node_id: node_id ?? null,
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: avatar_url ?? null,
    description: '',
  };
}
