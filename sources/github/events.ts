import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import type { EventChange, SourceEvents } from '../source.ts';
import { acceptDelivery } from './deliveries.ts';
import { identify } from './identity.ts';
import type { Kind } from './selectors.ts';

/** What an event is about: the record of that kind under that key of its payload. */
interface Subject {
  readonly kind: Kind;
  readonly under: string;
}

const organization: Subject = { kind: 'organization', under: 'organization' };
const repository: Subject = { kind: 'repository', under: 'repository' };
const pullRequest: Subject = { kind: 'pull-request', under: 'pull_request' };

/**
 * The events that tell of a record itself. All others only name the repository or the organization in which something
 * else happened; counts and times that move with that follow with the next resync, which is cheaper than a request for
 * every push and every star.
 */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  organization,
  repository,
  // From private to public.
  public: repository,
  // The new repository; one outside the selector makes nothing.
  fork: { kind: 'repository', under: 'forkee' },
  pull_request: pullRequest,
  // What reviewers do moves the pull request's own time of change.
  pull_request_review: pullRequest,
  pull_request_review_comment: pullRequest,
  pull_request_review_thread: pullRequest,
};

/** Events whose `action: deleted` says that their subject itself is gone; a deleted comment deletes no pull request. */
const DELETES_SUBJECT: readonly string[] = ['organization', 'repository'];

/** GitHub's webhooks. `secret`: what they are signed with; `null`: they are refused. */
export function githubEvents(secret: string | null): SourceEvents {
  return { accept: (delivery) => acceptDelivery(delivery, secret), changes };
}

function changes(event: string, payload: RawRecord): readonly EventChange[] | string {
  const subject = Object.hasOwn(SUBJECTS, event) ? SUBJECTS[event] : undefined;
  if (subject === undefined) return `the event ${event} tells of no record that is read`;
  const { kind, under } = subject;
  const record = payload[under];
  if (!isRawRecord(record)) return `the event ${event} holds no ${under}`;
  const { key, locator } = identify(kind, record);
  if (key === null) return `the ${under} of the event ${event} has neither node_id nor id`;
  const isGone = payload.action === 'deleted' && DELETES_SUBJECT.includes(event);
  return [{ kind, key, locator, record: isGone ? null : record }];
}
