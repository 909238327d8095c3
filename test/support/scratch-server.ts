import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/db/embedded-postgres.ts';

const prefix = 'taquilla-test-';

/** What a test's server may forget when the machine loses power; the order of commits stays. */
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '128MB',
  autovacuum_naptime: '10s',
};

/**
 * A PostgreSQL in a new folder that goes with it: the embedded one, or the one whose programs are in
 * `binDir`; with settings beside those of every test.
 */
export async function startScratchServer(
  binDir?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<EmbeddedPostgres> {
  removeLeftovers();
  const folder = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
  // PostgreSQL's user, another one when this is root, goes through it.
  chmodSync(folder, 0o711);
  const said: string[] = [];
  const options = {
    dataDir: folder,
    settings: { ...settings, ...more },
    log: (line: string) => said.push(line),
  };
  try {
    const server = await startEmbeddedPostgres(binDir === undefined ? options : { ...options, binDir });
    return {
      url: server.url,
      stop: async () => {
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    throw new Error(`no PostgreSQL for the tests:\n${said.join('\n')}`, { cause: error });
  }
}

/** Folders of runs that were killed; a PostgreSQL that still runs in one ends when its folder is gone. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    const folder = path.join(tmpdir(), name);
    if (
      owner === undefined ||
      isAlive(Number(owner)) ||
      statSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()
    )
      continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
