import type { RawRecord } from '../domain/json.ts';
import { pullRequestRecord, repositoryRecord } from '../examples/github-server/record-shapes.ts';

const LABELS = ['bug', 'enhancement', 'prio: high', 'area: mail', 'good first issue'];
const STATES = ['COMMENTED', 'CHANGES_REQUESTED', 'APPROVED', 'APPROVED', 'COMMENTED', 'APPROVED'];
const STATUSES = ['added', 'modified', 'modified', 'removed'];

/** A pull request in GitHub's shape, with its repository, labels, reviews and files: about 9 KB. `index`: which one. */
export function mappingRecord(index: number): RawRecord {
  const repository = repositoryRecord({ seed: 1, index, revision: 0, owner: 'acme' });
  const name = String(repository.name);
  const number = index + 1;
  const pull = pullRequestRecord({
    seed: 1,
    index,
    revision: 0,
    owner: 'acme',
    repository: { id: 100_000 + index, name },
    number,
  });
  const person = (id: number): RawRecord => ({ login: `dev-${id}`, id, type: id % 7 === 0 ? 'Bot' : 'User' });
  return {
    ...pull,
    title: ` fix: README of ${name}, part ${number} `,
    head: { ref: `feature/ACME-${number}-readme`, sha: `${index}`.padStart(40, 'a'), repo: repository },
    base: { ref: 'main', sha: 'b'.repeat(40), repo: repository },
    merged: false,
    merged_by: null,
    assignee: null,
    assignees: [person(index), person(index + 1)],
    requested_reviewers: [person(index + 2)],
    milestone: index % 2 === 0 ? { title: `v${index}`, state: 'open' } : null,
    _links: { self: { href: pull.url ?? null }, html: { href: pull.html_url ?? null } },
    labels: LABELS.map((label, id) => ({ id, name: label, color: `d73a4${id}`, default: id < 2, description: null })),
    reviews: STATES.map((state, id) => ({
      id,
      state,
      user: person(index + (id % 4)),
      submitted_at: `2025-02-${10 + ((id * 7) % 13)}T00:00:00Z`,
    })),
    files: Array.from({ length: 8 }, (_, id) => ({
      filename: `src/part-${id}.ts`,
      status: STATUSES[id % STATUSES.length] ?? 'modified',
      additions: (index + id * 13) % 90,
      deletions: (id * 5) % 40,
      changes: ((index + id * 13) % 90) + ((id * 5) % 40),
    })),
    commits: 1 + (index % 5),
    additions: 40 + index,
    deletions: 12,
    changed_files: 8,
  };
}
