import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { UnavailableError } from '../../domain/errors.ts';
import { identityOf } from '../../workers/servers/process-identity.ts';
import { TEMPORAL_VERSION, temporalBinary } from '../../workers/servers/temporal-binary.ts';
import { buildTemporal } from '../../workers/servers/temporal-build.ts';
import { downloadTemporal } from '../../workers/servers/temporal-download.ts';
import { closedFolder } from './folders.ts';

const WORKING = '#!/bin/sh\necho "temporal version 1"\n';

function program(file: string, text: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** A machine with nothing but a shell: `bin` is all there is on the PATH besides. */
function machine() {
  const root = closedFolder();
  const bin = path.join(root, 'bin');
  const cached = path.join(root, 'cache', 'tidemark', `temporal-${TEMPORAL_VERSION}`, 'temporal');
  const env = { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: path.join(root, 'cache'), HOME: root };
  const lines: string[] = [];
  return { root, bin, cached, env, lines, log: (line: string) => lines.push(line) };
}

const noDownload = async (): Promise<string> => {
  throw new UnavailableError('there is no internet in this test');
};
const ways = [noDownload, buildTemporal];

/** A `go` that notes that it was called and then does what is given. */
const fakeGo = ({ bin, root }: { bin: string; root: string }, does: string): string =>
  program(path.join(bin, 'go'), `#!/bin/sh\necho "$*" >> '${root}/go-calls'\n${does}\n`);

const BUILDS = `printf '#!/bin/sh\\necho "temporal version built"\\n' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`;

describe('the Temporal program', () => {
  test('on the PATH goes before the one in the cache', async () => {
    const here = machine();
    const onPath = program(path.join(here.bin, 'temporal'), WORKING);
    program(here.cached, WORKING);
    expect(await temporalBinary({ ...here, ways })).toBe(onPath);
  });

  test('that does not run, or is another program of that name, is passed over with a word', async () => {
    const here = machine();
    const other = program(path.join(here.bin, 'temporal'), '#!/bin/sh\necho "a calendar"\n');
    program(here.cached, WORKING);
    expect(await temporalBinary({ ...here, ways })).toBe(here.cached);
    expect(here.lines).toEqual([`Passing over ${other}: it is not the Temporal command line`]);
  });

  test('is looked for in ~/.cache without XDG_CACHE_HOME', async () => {
    const { root, env, log } = machine();
    const cached = program(path.join(root, '.cache', 'tidemark', `temporal-${TEMPORAL_VERSION}`, 'temporal'), WORKING);
    expect(await temporalBinary({ env: { ...env, XDG_CACHE_HOME: undefined }, log, ways })).toBe(cached);
  });

  test('is built with Go where it cannot be downloaded, once, and kept in the cache', async () => {
    const here = machine();
    fakeGo(here, BUILDS);
    const all = await Promise.all([1, 2, 3].map(() => temporalBinary({ ...here, ways })));
    expect(all).toEqual([here.cached, here.cached, here.cached]);
    expect(readFileSync(path.join(here.root, 'go-calls'), 'utf8')).toBe(
      `install -v github.com/temporalio/cli/cmd/temporal@${TEMPORAL_VERSION}\n`,
    );
    expect(readdirSync(path.dirname(here.cached))).toEqual(['temporal']);
    expect(here.lines.join('\n')).toMatch(/there is no internet in this test\n.*about 6 minutes/);
  });

  test('that a build leaves unfinished or unusable does not get into the cache', async () => {
    const here = machine();
    fakeGo(here, `echo "package main is broken" >&2; echo half > "$GOBIN/temporal"; exit 1`);
    await expect(temporalBinary({ ...here, ways })).rejects.toThrow(/\(exit code 1\)[\s\S]*package main is broken/);
    fakeGo(here, `echo half > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`);
    await expect(temporalBinary({ ...here, ways })).rejects.toThrow(/what came of it cannot be used/);
    expect(existsSync(here.cached)).toBe(false);
    fakeGo(here, BUILDS);
    expect(await temporalBinary({ ...here, ways })).toBe(here.cached);
  });

  test('that cannot be had is an error that lists the five ways, with why the last two failed', async () => {
    const here = machine();
    const refusal = temporalBinary({ ...here, env: { ...here.env, PATH: here.bin }, ways });
    await expect(refusal).rejects.toThrow(UnavailableError);
    const text = await refusal.catch((error: Error) => error.message);
    for (const word of [
      '1. set TEMPORAL_ADDRESS',
      '2. install',
      here.cached,
      'no internet in this test',
      'no `go` on the PATH',
    ]) {
      expect(text).toContain(word);
    }
  });

  test('is not built any further once that is aborted: Go and what it started end', async () => {
    const here = machine();
    fakeGo(here, `sleep 300 & echo $! > '${here.root}/compiler'; wait`);
    const abort = new AbortController();
    const building = temporalBinary({ ...here, ways, signal: abort.signal });
    const compiler = await vi.waitFor(() => {
      const pid = Number(readFileSync(path.join(here.root, 'compiler'), 'utf8'));
      expect(identityOf(pid)).toBeDefined();
      return pid;
    });
    abort.abort(new Error('Ctrl-C'));
    await expect(building).rejects.toThrow('Ctrl-C');
    await vi.waitFor(() => expect(identityOf(compiler)).toBeUndefined());
    expect(readdirSync(path.dirname(here.cached))).toEqual([]);
  });
});

describe('the download', () => {
  const attempt = (does: string, stallMs: number) => {
    const { root, env, lines, log } = machine();
    const directory = path.join(root, 'work');
    mkdirSync(directory);
    const files = { directory, recordFile: path.join(root, 'process.json') };
    const downloader = ['/bin/sh', '-c', does, 'downloader'] as const;
    return { ...files, lines, made: downloadTemporal({ ...files, version: 'v9', env, log, downloader, stallMs }) };
  };

  test('hands out the program, by far the largest of what it leaves', async () => {
    const { directory, made } = attempt(
      'cd "$1"; echo note > a.txt; mkdir b; head -c 5000 /dev/zero > "b/temporal-$2"',
      20_000,
    );
    expect(await made).toBe(path.join(directory, 'b', 'temporal-v9'));
  });

  test('is given up when nothing comes, and its process is ended', async () => {
    const { directory, made } = attempt('echo $$ > "$1/pid.log"; sleep 300', 300);
    await expect(made).rejects.toThrow(/could not be downloaded \(nothing came for/);
    expect(identityOf(Number(readFileSync(path.join(directory, 'pid.log'), 'utf8')))).toBeUndefined();
  });

  test('may take longer than that as long as something comes', async () => {
    const grows = 'cd "$1"; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i >> temporal; sleep 0.2; done';
    const { directory, made } = attempt(grows, 1_500);
    expect(await made).toBe(path.join(directory, 'temporal'));
  });

  test('that fails says why in few words', async () => {
    const { made } = attempt(
      'echo "Failed: error sending request for url (https://x/y): dns error: no such host" >&2; exit 1',
      20_000,
    );
    await expect(made).rejects.toThrow('it could not be downloaded (exit code 1): dns error: no such host');
  });
});
