import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import { type ChangeList, earliestFirst, latestFirst } from './changes.ts';

/** Kinds whose records are listed repository by repository. */
export type ItemKind = 'pull-request' | 'issue';

interface ItemTraits {
  /** As people say it. */
  readonly words: string;
  /** The last step of the path, below the repository. */
  readonly path: string;
  /** Key of a repository's record that is `false` where it has them switched off: asking for them is answered 404 or 410. */
  readonly switch: string;
  readonly changes: ChangeList;
  /** Whether a record of the list is one. */
  isOne(record: RawRecord): boolean;
  repositoryOf(record: RawRecord): Json | undefined;
  /** Adds the record's repository; `null`: it comes with it. */
  readonly within: ((record: RawRecord, repository: RawRecord) => RawRecord) | null;
}

export const items: Readonly<Record<ItemKind, ItemTraits>> = {
  'pull-request': {
    words: 'pull requests',
    path: 'pulls',
    switch: 'has_pull_requests',
    changes: latestFirst,
    isOne: () => true,
    repositoryOf: ({ base }) => (isRawRecord(base) ? base.repo : undefined),
    within: null,
  },
  issue: {
    words: 'issues',
    path: 'issues',
    switch: 'has_issues',
    changes: earliestFirst,
    // To GitHub and Gitea a pull request is an issue with this key; Gitea's other issues have it as null.
    isOne: ({ pull_request }) => !isRawRecord(pull_request),
    repositoryOf: ({ repository }) => repository,
    // Under the key that it has in GitHub's lists of issues across repositories.
    within: (record, repository) => ({ ...record, repository }),
  },
};

export function isItemKind(kind: string): kind is ItemKind {
  return Object.hasOwn(items, kind);
}
