import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Place } from './embedded-place.adapter.ts';

/** The one role of the cluster. */
export const superuser = 'taquilla';
/** PostgreSQL's user has no business with what this process was given in its environment. */
export const environment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

/** What PostgreSQL calls its data directory. */
export function clusterFolder(place: Place): string {
  return path.join(place.home, 'cluster');
}

/** The superuser's password, made with the cluster; only its owner and root can read it. */
export function readPassword(place: Place): string {
  try {
    return fs.readFileSync(path.join(place.home, 'password'), 'utf8').trim();
  } catch (error) {
    throw new Error(`cannot read the database's password in ${place.home}; start as the user it belongs to`, {
      cause: error,
    });
  }
}

/**
 * Makes the cluster and its password if there is none. Everything happens in a draft folder that is
 * renamed at the end: a start that is killed half way leaves no half a cluster, and of two first
 * starts at once the slower takes the cluster of the faster.
 */
export async function ensureCluster(place: Place, log: (line: string) => void): Promise<void> {
  if (fs.existsSync(place.home)) return;
  log(`making a new PostgreSQL cluster in ${place.home}`);
  const draft = `${place.home}.${randomBytes(6).toString('hex')}`;
  const password = path.join(draft, 'password');
  const cluster = path.join(draft, 'cluster');
  fs.mkdirSync(draft, { mode: 0o700 });
  fs.mkdirSync(cluster, { mode: 0o700 });
  fs.writeFileSync(password, randomBytes(24).toString('base64url') + '\n', { mode: 0o600 });
  for (const each of [draft, cluster, password]) {
    if (place.owner) fs.chownSync(each, place.owner.uid, place.owner.gid);
  }
  try {
    await initialise(place, cluster, password);
    fs.renameSync(draft, place.home);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (!fs.existsSync(place.home)) throw error;
  }
}

async function initialise(place: Place, cluster: string, passwordFile: string): Promise<void> {
  const run = promisify(execFile);
  const options = { ...place.owner, cwd: '/', env: environment };
  try {
    const version = await run(path.join(place.binDir, 'postgres'), ['--version'], options);
    const major = Number(/\) (\d+)/.exec(version.stdout)?.[1]);
    // The builtin provider gives the same order and case rules on every machine; it came with 17.
    const locale =
      major >= 17
        ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
        : ['--locale=C.UTF-8'];
    const flags = ['--auth=scram-sha-256', '--encoding=UTF8', `--username=${superuser}`, ...locale];
    const files = [`--pgdata=${cluster}`, `--pwfile=${passwordFile}`];
    await run(path.join(place.binDir, 'initdb'), [...flags, ...files], options);
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`initdb of the embedded PostgreSQL failed: ${said.trim()}`, { cause: error });
  }
}
