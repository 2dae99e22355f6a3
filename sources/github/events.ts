import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import { createWebhookEvents } from '../signed-webhook.ts';
import type { EventChange, SourceEvents } from '../source.ts';
import { identify } from './identity.ts';
import { items } from './items.ts';
import type { Kind } from './selectors.ts';

/** What an event is about: a record of that kind, under that key of its payload. */
interface Subject {
  readonly kind: Kind;
  readonly under: string;
  /** `action: deleted` says that it is gone itself; a deleted comment deletes no pull request. */
  readonly deletable?: boolean;
}

const repository: Subject = { kind: 'repository', under: 'repository', deletable: true };
const pullRequest: Subject = { kind: 'pull-request', under: 'pull_request' };
const issue: Subject = { kind: 'issue', under: 'issue' };

/**
 * The events that tell of a record itself. All others only name the repository or the organization in which something
 * else happened; counts and times that move with that follow with the next resync, which is cheaper than a request for
 * every push and every star.
 */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  organization: { kind: 'organization', under: 'organization', deletable: true },
  repository,
  // From private to public.
  public: repository,
  // The new repository; one outside the selector makes nothing.
  fork: { kind: 'repository', under: 'forkee' },
  pull_request: pullRequest,
  // What reviewers do moves the pull request's own time of change, and a comment that of the issue.
  pull_request_review: pullRequest,
  pull_request_review_comment: pullRequest,
  pull_request_review_thread: pullRequest,
  issues: { ...issue, deletable: true },
  issue_comment: issue,
};

/** GitHub's webhooks. `secret`: what they are signed with; none, or an empty one: they are refused. */
export function githubEvents(secret: string | undefined): SourceEvents {
  return { ...createWebhookEvents(secret), changes };
}

function changes(event: string, payload: RawRecord): readonly EventChange[] | string {
  const subject = Object.hasOwn(SUBJECTS, event) ? SUBJECTS[event] : undefined;
  if (subject === undefined) return `the event ${event} tells of no record that is read`;
  const { kind, under } = subject;
  const record = recordIn(payload, subject);
  if (record === null) return `the event ${event} holds no ${under}${kind === 'issue' ? ' with its repository' : ''}`;
  if (kind === 'issue' && !items.issue.isOne(record)) {
    return `the issue of the event ${event} is a pull request, which has events of its own`;
  }
  const { key, locator } = identify(kind, record);
  if (key === null) return `the ${under} of the event ${event} has neither node_id nor id`;
  const isGone = payload.action === 'deleted' && subject.deletable === true;
  return [{ kind, key, locator, record: isGone ? null : record }];
}

/** The record as a listing would return it: an issue comes with its repository. */
function recordIn(payload: RawRecord, { kind, under }: Subject): RawRecord | null {
  const record = payload[under];
  if (!isRawRecord(record)) return null;
  if (kind !== 'issue' || items.issue.within === null) return record;
  const { repository: its } = payload;
  return isRawRecord(its) && isWithin(record, its) ? items.issue.within(record, its) : null;
}

/** One that is being transferred may come with the other repository: under its path another issue would be found. */
function isWithin({ repository_url }: RawRecord, { full_name }: RawRecord): boolean {
  return typeof repository_url !== 'string' || repository_url.endsWith(`/repos/${full_name}`);
}
