import { fileURLToPath } from 'node:url';
import { octokitExamples } from '../examples/github-server/octokit-examples.ts';
import { createGitHubServer } from '../examples/github-server/server.ts';
import type { Log } from './servers/child-process.ts';

export interface Demo {
  readonly configurationFile: string;
  /** What the demo adds to the environment that its configuration is resolved in. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

const CONFIGURATION = fileURLToPath(new URL('../examples/github-demo/tidemark.yaml', import.meta.url));

/** The demo integration: github.com when there is a token, otherwise GitHub's published examples, served here. */
export async function startDemo({ githubToken, log }: { githubToken: string | null; log: Log }): Promise<Demo> {
  if (githubToken) {
    log('The demo reads github.com (GITHUB_TOKEN is set).');
    return { configurationFile: CONFIGURATION, env: {}, stop: async () => {} };
  }
  const server = await createGitHubServer({ store: octokitExamples() });
  log(`The demo reads GitHub's published example records from ${server.url} (set GITHUB_TOKEN to read github.com).`);
  return {
    configurationFile: CONFIGURATION,
    env: { TIDEMARK__GITHUB_DEMO__BASE_URL: server.url },
    stop: () => server.close(),
  };
}
