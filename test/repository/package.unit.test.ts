import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Entity, IntegrationStatus, KindReport, RunReport } from '../../index.ts';
import * as tidemark from '../../index.ts';
import { blocksOf, ROOT, textOf } from './support.ts';

interface PackageJson {
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
}

describe('the package', () => {
  const manifest: PackageJson = JSON.parse(textOf('package.json'));

  it('its lock file names no registry, so that it installs from whichever one is set', () => {
    const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, object> };
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(Object.keys(packages).filter((name) => 'resolved' in (packages[name] as object))).toEqual([]);
  });

  it('is under the licence that it says', () => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(textOf('LICENSE')).toMatch(/Apache License\s+Version 2\.0/);
  });

  it('its command and its module are there', () => {
    for (const file of [...Object.values(manifest.bin), ...Object.values(manifest.exports)]) {
      expect(existsSync(path.join(ROOT, file)), file).toBe(true);
    }
  });

  it('exports the client, its errors, the types of what it returns, and what integrations are defined with', () => {
    expect(Object.keys(tidemark).sort()).toEqual([
      'EXIT_CODES',
      'TidemarkClient',
      'TidemarkError',
      'UnavailableError',
      'UsageError',
      'defineIntegration',
      'z',
    ]);
    expect(new tidemark.UsageError('wrong')).toBeInstanceOf(tidemark.TidemarkError);
    // Checked by tsc: what the client's methods return has a name outside.
    type Client = tidemark.TidemarkClient;
    const typed = (client: Client) => ({
      runs: (): Promise<RunReport[]> => client.runs('acme', 1),
      status: (): Promise<IntegrationStatus[]> => client.status(),
      entities: (filter: tidemark.EntityFilter): Promise<Entity[]> => client.entities(filter),
      kinds: (run: RunReport): readonly KindReport[] => run.kinds,
    });
    expect(Object.keys(typed({} as Client))).toHaveLength(4);
  });

  it('the program in the README is one that the type check looks at', () => {
    const [program] = blocksOf('README.md', 'ts');
    expect(program).toBe(textOf('test/repository/readme-program.ts'));
  });

  it('the changelog has a place for what comes next', () => {
    expect(textOf('CHANGELOG.md')).toMatch(/^## \[Unreleased\]\n\n### (Added|Changed|Fixed|Removed)$/m);
  });
});
