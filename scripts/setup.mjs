/**
 * What `npm start` and `npm test` do before anything else: checks Node's version and installs the dependencies.
 * Plain JavaScript without dependencies, because it runs before there are any.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What the user has to mend; shown without a stack trace. */
export class SetupError extends Error {}

/**
 * Makes sure that the checkout at `root` can run: returns when Node is new enough and `node_modules` is what
 * `package-lock.json` asks for, after an `npm ci` if need be. Says on stderr what it does. Throws `SetupError`.
 */
export async function setUp(root) {
  checkNode(root);
  if (isInstalled(root)) return;
  await install(root);
  if (!isInstalled(root)) {
    throw new SetupError('npm ci ended well, but node_modules is not what package-lock.json asks for.');
  }
}

function checkNode(root) {
  const { engines } = readJson(path.join(root, 'package.json'));
  const numbers = (version) => version.match(/\d+/g).map(Number);
  const [needMajor, needMinor] = numbers(engines.node);
  const [major, minor] = numbers(process.versions.node);
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new SetupError(
    `Tidemark needs Node ${needMajor}.${needMinor} or later; this is ${process.versions.node} (${process.execPath}). ` +
      'Get a later one from https://nodejs.org or with your version manager, for example `nvm install 22`.',
  );
}

/**
 * By a stamp that holds the hash of the lock file; without one, or after the lock file changed, by what npm itself
 * noted about `node_modules`.
 */
function isInstalled(root) {
  const lockText = readFileSync(path.join(root, 'package-lock.json'));
  const hash = createHash('sha256').update(lockText).digest('hex');
  const stampFile = path.join(root, 'node_modules', '.tidemark-setup');
  if (readText(stampFile) === hash) return true;
  const noted = readText(path.join(root, 'node_modules', '.package-lock.json'));
  if (!noted || !sameDependencies(root, JSON.parse(lockText).packages, JSON.parse(noted).packages)) return false;
  writeFileSync(stampFile, hash);
  return true;
}

/** Optional packages are for other platforms; every other one must be there in the version that is asked for. */
function sameDependencies(root, asked, noted) {
  return Object.entries(asked).every(([folder, { version, optional, link }]) => {
    if (folder === '' || link) return true;
    if (!noted[folder]) return optional === true;
    return noted[folder].version === version && existsSync(path.join(root, folder));
  });
}

const SAY_EVERY_MS = 5_000;

/** Its output goes to stderr: stdout belongs to the command that comes after. */
async function install(root) {
  const began = Date.now();
  const elapsed = () => `${Math.round((Date.now() - began) / 1_000)} s`;
  say('Installing the dependencies (npm ci) …');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [program, ...args] = [...npm, 'ci', '--include=dev', '--include=optional'];
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
  const progress = setInterval(() => say(`Installing the dependencies: ${elapsed()} …`), SAY_EVERY_MS);
  const stop = () => child.kill('SIGTERM');
  process.once('SIGTERM', stop);
  try {
    const how = await new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
    });
    if (how) throw new SetupError(`The dependencies could not be installed: npm ci ended with ${how}, see above.`);
  } finally {
    clearInterval(progress);
    process.off('SIGTERM', stop);
  }
  say(`Installed the dependencies in ${elapsed()}.`);
}

const say = (line) => process.stderr.write(`${line}\n`);

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

function readText(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
