// What `npm start` and `npm test` share: they run on whatever Node is there (20 or newer) with nothing
// installed, and bring the project to where its pinned Node can take over.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from './node-flags.mjs';

const oldestNode = 20;
const webApps = ['shop', 'console', 'door'];

export const root = fileURLToPath(new URL('..', import.meta.url));
const pinnedNode = path.join(root, 'node_modules/node/bin/node');

/** Brings the project to where its pinned Node can run it: the packages that the lock file names. */
export async function setUp() {
  checkNode();
  await installPackages();
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= oldestNode) return;
  throw new Error(
    `this is Node ${process.versions.node} (${process.execPath}); Taquilla is set up by Node ${oldestNode} ` +
      'or newer and then brings the Node it runs on itself. Install one from https://nodejs.org',
  );
}

async function installPackages() {
  if (!existsSync(pinnedNode) || !isInstalled()) {
    console.log('Installing packages as package-lock.json names them (npm ci) …');
    const started = Date.now();
    // Without a warning for each package that wants a newer Node than the one that only installs it.
    const code = await run(npmCommand(), ['ci', '--loglevel=error'], { shell: process.platform === 'win32' });
    if (code !== 0) throw new Error(`npm ci failed with exit code ${code}; what it said is above`);
    console.log(`Installed in ${seconds(started)}.`);
  }
  if (!existsSync(pinnedNode)) {
    throw new Error(
      'the install left out the Node that this project pins. Its install script must run: allow it ' +
        '(npm config get ignore-scripts should be false), remove node_modules and try again',
    );
  }
}

function npmCommand() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

/**
 * Compares the lock file with npm's own record of what it installed, which is written last: an install
 * that broke off has none, and one made by hand counts.
 */
function isInstalled() {
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([name, entry]) => {
    // Optional packages are mostly those of other platforms.
    if (name === '' || (entry.optional && !installed[name])) return true;
    return installed[name]?.version === entry.version;
  });
}

/** Builds the web applications whose sources are others than at their last build. */
export async function buildWebApps() {
  for (const app of webApps) {
    const config = path.join('web', app, 'vite.config.ts');
    if (!existsSync(path.join(root, config))) continue;
    const stampFile = path.join(root, `node_modules/.cache/taquilla/${app}.sources`);
    const built = existsSync(path.join(root, 'web', app, 'dist/index.html')) && existsSync(stampFile);
    if (built && readFileSync(stampFile, 'utf8') === digestOfSources(app)) continue;
    console.log(`Building web/${app} …`);
    const started = Date.now();
    const vite = path.join(root, 'node_modules/vite/bin/vite.js');
    const code = await run(pinnedNode, [vite, 'build', '--config', config, '--logLevel', 'warn']);
    if (code !== 0) throw new Error(`the build of web/${app} failed with exit code ${code}`);
    mkdirSync(path.dirname(stampFile), { recursive: true });
    // Taken after the build, which may write generated sources.
    writeFileSync(stampFile, digestOfSources(app));
    console.log(`Built in ${seconds(started)}.`);
  }
}

/** By content: times of files say little after a clone or a change of branch. */
function digestOfSources(app) {
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json')));
  const folder = path.join(root, 'web');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => {
      const parts = file.split(path.sep);
      const ofAnotherApp = webApps.includes(parts[0]) && parts[0] !== app;
      return !ofAnotherApp && !parts.includes('dist') && !parts.includes('node_modules');
    });
  for (const file of files.sort()) hash.update(`\0${file}\0`).update(readFileSync(path.join(folder, file)));
  return hash.digest('hex');
}

/** Runs a program with this process's terminal and gives its exit code. */
function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

/**
 * Hands over to a program of the project under its pinned Node: signals go on to it, and its end is
 * the end of this process. The program is told through its IPC channel ('disconnect') when this
 * process is gone without a word.
 */
export function handOver(file, args) {
  const child = spawn(pinnedNode, [...nodeFlags, file, ...args], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // A terminal sends Ctrl-C to both processes by itself, and npm sends it once more; passing it on as
  // SIGTERM lets the program take a second SIGINT for what it is, an impatient person.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  stopWithNpm(() => child.kill('SIGTERM'));
  child.once('error', (error) => fail(error));
  child.once('exit', (code, signal) => {
    if (signal) process.removeAllListeners(signal);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code);
  });
}

/** npm that is killed with -9 leaves its children behind; they should not keep the port. */
function stopWithNpm(stop) {
  if (!process.env.npm_lifecycle_event) return;
  const before = launcher();
  const timer = setInterval(() => {
    if (launcher() === before) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
}

/** The process that npm is: the parent, or, with a shell between the two, the parent's parent. */
function launcher() {
  try {
    const shell = readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0')[1] === '-c';
    if (!shell) return process.ppid;
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${process.ppid}/status`, 'utf8'))?.[1]);
  } catch {
    // Only Linux has /proc, and other systems' shells make room for the one command they run.
    return process.ppid;
  }
}

/** Ends with one plain line: a stack trace helps nobody to install Node. */
export function fail(error) {
  console.error(`\nTaquilla cannot go on: ${error.message}`);
  process.exit(1);
}
