import { defineIntegration } from 'tidemark';
import { GitHubClient } from './client.ts';
import { ObjectKind, organizationSelector, pullRequestSelector, repositorySelector } from './integration.ts';

export default defineIntegration('github-listeners', ({ config }) => ({
  github: new GitHubClient({
    baseUrl: config.get('baseUrl', 'https://api.github.com'),
    accessToken: config.get('accessToken'),
  }),
}))
  .onResync(
    ObjectKind.ORGANIZATION,
    { recordKey: 'node_id', selector: organizationSelector },
    async function* ({ github, selector, signal, log }) {
      log.info(`Retrieving organizations: ${selector.organizations}`);
      yield await github.organizations(selector.organizations, signal);
    },
  )
  .onResync(
    ObjectKind.REPOSITORY,
    { recordKey: 'node_id', selector: repositorySelector },
    async function* ({ github, selector, signal, log }) {
      log.info(`Retrieving ${selector.type} repositories for organizations: ${selector.organizations}`);
      yield* github.repositories(selector.organizations, selector.type, signal);
    },
  )
  .onResync(
    ObjectKind.PULL_REQUEST,
    { recordKey: 'node_id', selector: pullRequestSelector },
    async function* ({ github, selector, signal, log }) {
      log.info(`Retrieving ${selector.state} pull requests for organizations: ${selector.organizations}`);
      yield* github.pullRequests(selector.organizations, selector, signal);
    },
  );
