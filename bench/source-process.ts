import { generated } from '../examples/github-server/generated.ts';
import { createGitHubServer } from '../examples/github-server/server.ts';
import type { SourceFacts, SourceSizes } from './source.ts';

// The generated source as a process of its own, forked by source.ts: its first argument holds the sizes. It tells where
// it listens, changes its records whenever it is told to, and ends with its parent.
const { repositories, pullRequests } = JSON.parse(process.argv[2] ?? '') as SourceSizes;

const ORGANIZATIONS = 5;
/** A repository with this many makes full pages. */
const PULLS_PER_REPOSITORY = 1_000;

const { store, mutate, organizations, pullsOrganization } = generated({
  organizations: ORGANIZATIONS,
  repositories,
  pullRequests,
  repositoriesWithPulls: Math.max(1, Math.ceil(pullRequests / PULLS_PER_REPOSITORY)),
});
const server = await createGitHubServer({ store });
const facts: SourceFacts = { baseUrl: server.url, organizations, pullsOrganization };

process.on('message', () => process.send?.(mutate()));
process.on('disconnect', () => process.exit());
// Ctrl-C reaches this process as well, but the worker stops before its source does.
process.on('SIGINT', () => {});
process.send?.(facts);
