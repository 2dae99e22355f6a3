import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serverSettings } from '../../config/server.ts';
import { commandOptions, problemOf } from './command-line.ts';
import { isKnownVariable } from './environment.ts';
import { ROOT, textOf } from './support.ts';

const COMPOSE = 'docker-compose.temporal.yml';

interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
}

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly (string | Mount)[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

const compose: Compose = parse(textOf(COMPOSE), { strict: true, uniqueKeys: true });
const docker = promisify(execFile);
const plugin = await docker('docker', ['compose', 'version']).catch(() => null);
const services = Object.entries(compose.services);
const own = services.filter(([, { build }]) => build !== undefined);

/** `${NAME:-default}` → the default. */
const filled = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

describe(COMPOSE, () => {
  it('has PostgreSQL, Temporal, its Web UI, a worker and the HTTP API', () => {
    expect(Object.keys(compose.services)).toEqual(['postgresql', 'temporal', 'temporal-ui', 'worker', 'server']);
    expect(own.map(([name]) => name)).toEqual(['worker', 'server']);
  });

  it('server: listens beyond its container, on the port that is let through', () => {
    const { environment = {}, ports = [] } = compose.services.server ?? {};
    const settings = serverSettings({ env: { ...environment, TIDEMARK_TOKEN: '' } });
    expect(settings).toMatchObject({ host: '0.0.0.0', token: null });
    expect(ports.map((port) => filled(port).split(':').at(-1))).toEqual([String(settings.port)]);
  });

  it.each(services)('%s: an image of a fixed version, or a build', (_, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/^[\w/.-]+:\d+(\.\d+)+$/);
    else expect(existsSync(path.join(ROOT, build, 'Dockerfile'))).toBe(true);
  });

  it.each(services)('%s: depends only on services that are there and can tell their health', (_, service) => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(Object.keys(compose.services)).toContain(other);
      expect(condition).toBe('service_healthy');
      expect(compose.services[other]?.healthcheck?.test[0]).toBe('CMD');
    }
  });

  it('volumes and networks that are used are defined, and the other way round', () => {
    const mounts = services.flatMap(([, { volumes }]) => volumes ?? []);
    const named = mounts.flatMap((mount) => (typeof mount === 'string' ? [String(mount.split(':')[0])] : []));
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
    const networks = services.flatMap(([, service]) => service.networks ?? []);
    expect([...new Set(networks)].sort()).toEqual(Object.keys(compose.networks).sort());
  });

  it('what is mounted from the checkout is there', () => {
    const binds = services.flatMap(([, { volumes }]) => (volumes ?? []).filter((mount) => typeof mount !== 'string'));
    expect(binds.length).toBeGreaterThan(0);
    for (const { source } of binds) expect(existsSync(path.join(ROOT, filled(source))), source).toBe(true);
  });

  it('ports are open on this machine only', () => {
    for (const port of services.flatMap(([, { ports }]) => ports ?? [])) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('secrets and choices come from the environment, each with a default and a line in the documentation', () => {
    const references = [...textOf(COMPOSE).matchAll(/\$\{(\w+)([^}]*)\}/g)];
    expect(references.length).toBeGreaterThan(4);
    for (const [, name, rest] of references) {
      expect(rest, name).toMatch(/^:-/);
      expect(textOf('docs/configuration.md')).toContain(`\`${name}\``);
    }
    for (const [, { environment = {} }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|PWD|TOKEN|SECRET/.test(name)) expect(value, name).toMatch(/^\$\{\w+:-\w*\}$/);
      }
    }
  });

  it.each(own)('%s: its variables are ones that the code knows, and lead to services that are there', (_, service) => {
    const environment = service.environment ?? {};
    const names = Object.keys(environment).filter((name) => /^(TIDEMARK|TEMPORAL|DATABASE)_/.test(name));
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'TEMPORAL_ADDRESS']));
    expect(names.filter((name) => !isKnownVariable(name))).toEqual([]);
    const database = new URL(filled(String(environment.DATABASE_URL)));
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = compose.services.postgresql?.environment ?? {};
    expect(database.hostname).toBe('postgresql');
    expect([database.username, database.password]).toEqual([POSTGRES_USER, filled(String(POSTGRES_PASSWORD))]);
    expect(database.pathname).toBe(`/${POSTGRES_DB}`);
    expect(environment.TEMPORAL_ADDRESS).toBe('temporal:7233');
  });

  it.each(own)('%s: its command is one that exists, and reads the file that is mounted', async (_, service) => {
    const line = (service.command ?? []).join(' ');
    expect(problemOf(line, await commandOptions())).toBeUndefined();
    const workingDirectory = [...textOf('Dockerfile').matchAll(/^WORKDIR (.+)$/gm)].at(-1)?.[1] ?? '';
    const file = /--config (\S+)/.exec(line)?.[1] ?? '';
    const targets = (service.volumes ?? []).map((mount) => (typeof mount === 'string' ? '' : mount.target));
    expect(targets).toContain(path.posix.join(workingDirectory, file));
  });

  if (plugin === null)
    console.info(`Left out: \`docker compose config\` of ${COMPOSE}; no docker with that plugin here.`);
  else {
    it('docker compose takes it', async () => {
      await docker('docker', ['compose', '--file', COMPOSE, 'config', '--quiet'], { cwd: ROOT });
    });
  }
});

describe('Dockerfile', () => {
  const text = textOf('Dockerfile');
  const ignored = textOf('.dockerignore').split('\n').filter(Boolean);

  it('is built on an image of a fixed version', () => {
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases).toHaveLength(1);
    for (const base of bases) expect(base).toMatch(/^[\w/.-]+:\d+\.\d+\.\d+(-[\w.-]+)?$/);
  });

  it('copies what is there and is not left out', () => {
    const sources = [...text.matchAll(/^COPY (.+)$/gm)].flatMap(([, words = '']) => words.split(' ').slice(0, -1));
    expect(sources).toContain('package-lock.json');
    for (const source of sources) {
      expect(existsSync(path.join(ROOT, source)), source).toBe(true);
      expect(ignored).not.toContain(source);
    }
  });

  it('leaves out no folder that a command needs, and everything that is made on this machine', () => {
    const rooms = ['activities', 'bin', 'catalog', 'cli', 'client', 'config', 'destinations', 'domain', 'examples'];
    for (const room of [...rooms, 'mapping', 'scripts', 'server', 'sources', 'workers', 'workflows', 'tsconfig.json']) {
      expect(existsSync(path.join(ROOT, room)), room).toBe(true);
      expect(ignored).not.toContain(room);
    }
    for (const made of ['node_modules', '.tidemark', '.git']) expect(ignored).toContain(made);
  });

  it('runs `tidemark`, not as root', () => {
    expect(text).toMatch(/^ENTRYPOINT \["tidemark"\]$/m);
    expect(text).toMatch(/ln -s \/app\/bin\/tidemark\.mjs \/usr\/local\/bin\/tidemark/);
    expect(text).toMatch(/^USER node$/m);
  });
});
