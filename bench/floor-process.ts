import pg from 'pg';
import type { ConfigurationFacts } from './configuration.ts';

// The floor as a process of its own, forked by floor.ts: what reading, mapping and writing the same records costs without
// anything that makes it a sync. Plain `fetch`, hand-written closures, one upsert of about 1,000 rows after the other: no
// workflows, no staging, no JSONata, no claims, no deletes. Its first argument holds where to read and write; it tells
// the rows, the seconds and its own CPU seconds of each run, and ends when that is taken.
const { facts, databaseUrl, runs } = JSON.parse(process.argv[2] ?? '') as FloorTask;

export interface FloorTask {
  readonly facts: ConfigurationFacts;
  readonly databaseUrl: string;
  /** How often everything is read and written. */
  readonly runs: number;
}

export interface FloorRun {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

// biome-ignore lint/suspicious/noExplicitAny: records of another's API, read as people read them in a script
type RawRow = any;

interface Row {
  readonly blueprint: string;
  readonly identifier: string;
  readonly fields: object;
}

const BATCH_ROWS = 1_000;
const WRITES_AT_ONCE = 3;

const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });

const UPSERT = `
  insert into bench_floor.entity as e
  select * from jsonb_to_recordset($1::jsonb) as r (blueprint text, identifier text, fields jsonb) order by 1, 2
  on conflict (blueprint, identifier) do update set fields = excluded.fields where e.fields is distinct from excluded.fields`;

const organizationOf = ({ login, html_url, description }: RawRow): Row => ({
  blueprint: 'benchOrg',
  identifier: login,
  fields: { title: login, url: html_url, description },
});

const repositoryOf = (r: RawRow): Row => ({
  blueprint: 'benchRepo',
  identifier: r.full_name,
  fields: {
    title: r.name,
    url: r.html_url,
    description: r.description,
    language: r.language || 'unknown',
    visibility: r.visibility,
    defaultBranch: r.default_branch,
    stars: r.stargazers_count,
    topics: r.topics,
    isArchived: r.archived,
    license: r.license?.spdx_id ?? null,
    summary: `${r.name} (${r.language || 'n/a'}, ${r.stargazers_count} stars)`,
    organization: r.owner.login,
  },
});

const pullRequestOf = (r: RawRow): Row => ({
  blueprint: 'benchPr',
  identifier: `${r.base.repo.full_name}#${r.number}`,
  fields: {
    title: r.title,
    url: r.html_url,
    status: r.state,
    author: r.user.login,
    draft: r.draft,
    labels: r.labels.map((label: RawRow) => label.name),
    number: r.number,
    authorId: r.user.id,
    updatedAt: r.updated_at,
    repository: r.base.repo.full_name,
  },
});

/** Gathers rows, and writes them while others are read. */
class Writer {
  private rows: Row[] = [];
  private readonly underWay: Promise<unknown>[] = [];
  count = 0;

  async add(rows: readonly Row[]): Promise<void> {
    this.count += rows.length;
    this.rows.push(...rows);
    if (this.rows.length >= BATCH_ROWS) await this.write();
  }

  async end(): Promise<number> {
    await this.write();
    await Promise.all(this.underWay);
    return this.count;
  }

  private async write(): Promise<void> {
    const json = JSON.stringify(this.rows);
    this.rows = [];
    this.underWay.push(pool.query(UPSERT, [json]));
    if (this.underWay.length >= WRITES_AT_ONCE) await this.underWay.shift();
  }
}

async function* pages(path: string): AsyncGenerator<RawRow[]> {
  for (let url: string | undefined = `${facts.baseUrl}${path}`; url; ) {
    const answer: Response = await fetch(url);
    yield (await answer.json()) as RawRow[];
    url = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
  }
}

async function organizations(): Promise<number> {
  const writer = new Writer();
  for (const login of facts.organizations) {
    const answer = await fetch(`${facts.baseUrl}/orgs/${login}`);
    await writer.add([organizationOf(await answer.json())]);
  }
  return writer.end();
}

async function repositories(): Promise<number> {
  const writer = new Writer();
  for (const login of facts.organizations) {
    for await (const rows of pages(`/orgs/${login}/repos?per_page=100`)) await writer.add(rows.map(repositoryOf));
  }
  return writer.end();
}

async function pullRequests(): Promise<number> {
  const writer = new Writer();
  for await (const held of pages(`/orgs/${facts.pullsOrganization}/repos?per_page=100`)) {
    for (const { full_name } of held) {
      const path = `/repos/${full_name}/pulls?state=all&per_page=100`;
      for await (const rows of pages(path)) await writer.add(rows.map(pullRequestOf));
    }
  }
  return writer.end();
}

async function run(): Promise<FloorRun> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const counts = await Promise.all([organizations(), repositories(), pullRequests()]);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rows: counts.reduce((sum, count) => sum + count), seconds, cpuSeconds: (user + system) / 1e6 };
}

await pool.query(`
  create schema bench_floor;
  create table bench_floor.entity (blueprint text, identifier text, fields jsonb, primary key (blueprint, identifier))`);
const measured: FloorRun[] = [];
for (let n = 0; n < runs; n++) measured.push(await run());
await pool.query('drop schema bench_floor cascade');
await pool.end();
process.send?.(measured);
process.disconnect();
