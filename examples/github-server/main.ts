import { parseArgs } from 'node:util';
import { octokitExamples } from './octokit-examples.ts';
import { createGitHubServer } from './server.ts';

// Runs the server over GitHub's published example payloads: node --import tsx examples/github-server/main.ts --port N
const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const store = octokitExamples();
const server = await createGitHubServer({ store, port: Number(values.port) });
console.log(`GitHub's example records on ${server.url}`);
console.log(
  `Organizations: ${store
    .organizations()
    .map(({ login }) => login)
    .join(', ')}`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
