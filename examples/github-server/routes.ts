import type { RawRecord } from '../../domain/json.ts';
import { type Answer, json, refusal } from './answers.ts';
import type { Flavor, RecordKind } from './flavors.ts';
import { type GitHubRequest, positive, type RouteName } from './request.ts';
import { at, type GitHubStore } from './store.ts';

export interface RouteContext {
  readonly store: GitHubStore;
  readonly flavor: Flavor;
  /** Scheme, host and base path, for links. */
  readonly url: string;
  readonly maxPageSize: number;
  /** The caller may see private repositories. */
  readonly seesPrivate: boolean;
}

type Handler = (request: GitHubRequest, context: RouteContext) => Answer;

/** Answers a request from the store as it is now. */
export function answer(request: GitHubRequest, context: RouteContext): Answer {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return request.route !== null && isRead ? handlers[request.route](request, context) : refusal(404, 'Not Found');
}

const handlers: Readonly<Record<RouteName, Handler>> = {
  organization: ({ params }, context) =>
    one('organization', context.store.organization(params.organization ?? ''), context),

  repositories(request, context) {
    const { store, flavor } = context;
    const { organization, organizationId } = request.params;
    const owner =
      organization === undefined ? store.organizationById(Number(organizationId)) : store.organization(organization);
    if (owner === null) return refusal(404, 'Not Found');
    const type = flavor.knowsType ? (request.query.type ?? 'all') : 'all';
    const records = store
      .repositoriesOf(String(owner.login))
      .filter((record) => isVisible(record, context) && ofType(record, type));
    return list('repository', records, { request, context, pathById: `/organizations/${owner.id}/repos` });
  },

  repository: (request, context) =>
    withRepository(request, context, (repository) => one('repository', repository, context)),

  pulls: (request, context) =>
    withRepository(request, context, (repository) => {
      const pulls = selected(context.store.pullRequestsOf(String(repository.full_name)), request);
      const records = ordered(pulls, { request, context, direction: 'asc' });
      return list('pull-request', records, { request, context, pathById: `/repositories/${repository.id}/pulls` });
    }),

  issues: (request, context) =>
    withRepository(request, context, (repository) => {
      if (repository.has_issues === false) return refusal(410, 'Issues are disabled for this repo');
      const { since } = request.query;
      const all = issuesOf(String(repository.full_name), context);
      const changed = all.filter((record) => since === undefined || changedAt(record) >= Date.parse(since));
      const records = ordered(selected(changed, request), { request, context, direction: 'desc' });
      return list('issue', records, { request, context, pathById: `/repositories/${repository.id}/issues` });
    }),

  issue: (request, context) =>
    withRepository(request, context, ({ full_name, has_issues }) => {
      if (has_issues === false) return refusal(410, 'Issues are disabled for this repo');
      const number = Number(request.params.number);
      return one(
        'issue',
        issuesOf(String(full_name), context).find((record) => record.number === number),
        context,
      );
    }),

  pull: (request, context) =>
    withRepository(request, context, ({ full_name }) =>
      one('pull-request', context.store.pullRequest(String(full_name), Number(request.params.number)), context),
    ),
};

function withRepository(
  request: GitHubRequest,
  context: RouteContext,
  then: (repository: RawRecord) => Answer,
): Answer {
  const { store, url } = context;
  const { repository: name, repositoryId } = request.params;
  const record = name === undefined ? store.repositoryById(Number(repositoryId)) : store.repository(name);
  if (record !== null) return isVisible(record, context) ? then(record) : refusal(404, 'Not Found');
  const moved = name === undefined ? null : store.movedFrom(name);
  if (moved === null) return refusal(404, 'Not Found');
  const rest = request.path
    .split('/')
    .slice(4)
    .map((part) => `/${part}`)
    .join('');
  const query = new URLSearchParams(request.query).toString();
  const location = `${url}/repositories/${moved}${rest}${query === '' ? '' : `?${query}`}`;
  return json(301, { message: 'Moved Permanently', url: location }, { location });
}

function selected(records: readonly RawRecord[], { query: { state = 'open' } }: GitHubRequest): readonly RawRecord[] {
  return records.filter((record) => state === 'all' || record.state === state);
}

interface OrderContext {
  readonly request: GitHubRequest;
  readonly context: RouteContext;
  /** By what changed, where the request does not say. */
  readonly direction: 'asc' | 'desc';
}

/** As they came, or by the time of their change. */
function ordered(records: readonly RawRecord[], { request, context, direction }: OrderContext): readonly RawRecord[] {
  if (!context.flavor.knowsSort || request.query.sort !== 'updated') return records;
  const sign = (request.query.direction ?? direction) === 'asc' ? 1 : -1;
  return records.toSorted((one, other) => sign * (changedAt(one) - changedAt(other)));
}

const changedAt = ({ updated_at }: RawRecord): number => Date.parse(String(updated_at));

/** To GitHub pull requests are issues, with a key that says so. */
function issuesOf(fullName: string, { store }: RouteContext): readonly RawRecord[] {
  return [...store.issuesOf(fullName), ...store.pullRequestsOf(fullName).map(asIssue)];
}

const shadows = new WeakMap<RawRecord, RawRecord>();

function asIssue(pull: RawRecord): RawRecord {
  const { base, head: _, url, html_url, merged_at = null, ...rest } = pull;
  const known = shadows.get(pull);
  if (known !== undefined) return known;
  const repository_url = `https://api.github.com/repos/${at(base, 'repo', 'full_name')}`;
  const pull_request = { url: url ?? null, html_url: html_url ?? null, merged_at };
  const issue = {
    ...rest,
    id: 1_000_000_000 + Number(pull.id),
    html_url: html_url ?? null,
    repository_url,
    pull_request,
  };
  shadows.set(pull, issue);
  return issue;
}

function isVisible(repository: RawRecord, { seesPrivate }: RouteContext): boolean {
  return seesPrivate || repository.private !== true;
}

function ofType(repository: RawRecord, type: string): boolean {
  if (type === 'public') return repository.private !== true;
  if (type === 'private') return repository.private === true;
  if (type === 'forks') return repository.fork === true;
  if (type === 'sources') return repository.fork !== true;
  return true;
}

function one(kind: RecordKind, record: RawRecord | null | undefined, { flavor }: RouteContext): Answer {
  if (!record) return refusal(404, 'Not Found');
  return { status: 200, headers: {}, body: serialized(kind, record, flavor) };
}

interface ListContext {
  readonly request: GitHubRequest;
  readonly context: RouteContext;
  readonly pathById: string;
}

function list(kind: RecordKind, records: readonly RawRecord[], { request, context, pathById }: ListContext): Answer {
  const { flavor, maxPageSize, url } = context;
  const size = Math.min(positive(request.query[flavor.sizeParameter]) ?? 30, maxPageSize);
  const start = (request.page - 1) * size;
  const rows = records.slice(start, start + size).map((record) => serialized(kind, record, flavor));
  const last = Math.max(1, Math.ceil(records.length / size));
  const link = links(`${url}${flavor.linksById ? pathById : request.path}`, request, last);
  return { status: 200, headers: link === '' ? {} : { link }, body: `[${rows.join(',')}]` };
}

function links(address: string, { query, page }: GitHubRequest, last: number): string {
  const to = (rel: string, number: number) =>
    `<${address}?${new URLSearchParams({ ...query, page: String(number) })}>; rel="${rel}"`;
  const back = page > 1 ? [to('prev', Math.min(page - 1, last)), to('first', 1)] : [];
  const on = page < last ? [to('next', page + 1), to('last', last)] : [];
  return [...on, ...back].join(', ');
}

// A record is put into words once, however often it is listed: the store replaces records and never changes them.
const texts = new WeakMap<Flavor, WeakMap<RawRecord, string>>();

function serialized(kind: RecordKind, record: RawRecord, flavor: Flavor): string {
  const known = texts.get(flavor) ?? new WeakMap<RawRecord, string>();
  texts.set(flavor, known);
  const text = known.get(record) ?? JSON.stringify(flavor.shape(kind, record));
  known.set(record, text);
  return text;
}
