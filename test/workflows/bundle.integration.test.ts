import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';

describe('the workflow bundle', () => {
  it('holds our workflows and no package but what @temporalio/workflow itself brings', async () => {
    const { code } = await loadWorkflowBundle({ info: () => {}, warn: () => {} });
    const modules = [...new Set([...code.matchAll(/^\/\*\*\*\/ "([^"]+)"$/gm)].map((match) => match[1] as string))];
    expect(modules.length).toBeGreaterThan(20);
    const packages = new Set(
      modules
        .filter((module) => module.includes('node_modules/'))
        .map(
          (module) =>
            module
              .split('node_modules/')
              .at(-1)
              ?.match(/^(@[^/]+\/[^/]+|[^/]+)/)?.[0],
        ),
    );
    expect([...packages].sort()).toEqual(['@temporalio/common', '@temporalio/workflow', 'long', 'ms', 'nexus-rpc']);
    const own = modules.filter((module) => !module.includes('node_modules/'));
    const folders = new Set(own.map((module) => module.replace(/^\.\//, '').split('/')[0]));
    expect(folders).toContain('workflows');
    expect(
      [...folders].filter((folder) =>
        /^(activities|catalog|client|config|sources|mapping|workers)$/.test(folder ?? ''),
      ),
    ).toEqual([]);
  });

  it('one copy of protobufjs serves the SDK: with several, histories cannot be read', () => {
    const listed = JSON.parse(execFileSync('npm', ['ls', 'protobufjs', '--all', '--json'], { encoding: 'utf8' }));
    const versions = new Set<string>();
    const visit = (
      dependencies: Record<string, { version: string; dependencies?: Record<string, never> }>,
      inSdk: boolean,
    ): void => {
      for (const [name, { version, dependencies: below }] of Object.entries(dependencies)) {
        if (name === 'protobufjs' && inSdk) versions.add(version);
        if (below) visit(below, name.startsWith('@temporalio/'));
      }
    };
    visit(listed.dependencies, false);
    expect(versions.size).toBe(1);
  });
});
