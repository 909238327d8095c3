import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { waitUntil } from '../support/wait.ts';

const userProgram = fileURLToPath(new URL('../support/embedded-postgres-user.ts', import.meta.url));
const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), `taquilla-test-${process.pid}-`)));
const dataDir = path.join(scratch, 'postgres');
const pidFile = path.join(dataDir, 'main', 'cluster', 'postmaster.pid');

function start(log: (line: string) => void = () => {}) {
  return startEmbeddedPostgres({ dataDir, log });
}

/** The embedded PostgreSQL used by a process of its own. */
async function startUser(
  folder = dataDir,
): Promise<{ url: string; process: ChildProcess; leave(): Promise<void> }> {
  const child = spawn(process.execPath, [userProgram, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url,
    process: child,
    leave: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(sql);
    return Object.values(result.rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

function postmasterPid(): number {
  return Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
}

describe('the embedded PostgreSQL', () => {
  before(async () => {
    chmodSync(scratch, 0o755);
    // Two first starts at once: one makes the cluster, both use it.
    const users = await Promise.all([startUser(), startUser()]);
    assert.equal(users[0].url, users[1].url);
    for (const user of users) await user.leave();
    await assert.rejects(ask(users[0].url, 'select 1'), { code: 'ECONNREFUSED' });
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  test('keeps every commit, speaks UTC and UTF-8, and listens on the loopback alone', async () => {
    const server = await start();
    const setting = (name: string) => ask(server.url, `select current_setting('${name}')`);
    assert.equal(await setting('fsync'), 'on');
    assert.equal(await setting('synchronous_commit'), 'on');
    assert.equal(await setting('TimeZone'), 'UTC');
    assert.equal(await setting('server_encoding'), 'UTF8');
    assert.equal(await setting('listen_addresses'), '127.0.0.1');
    assert.equal(await ask(server.url, `select lower('ÑANDÚ') || current_database()`), 'ñandútaquilla');
    await server.stop();
  });

  test('refuses who does not know the password', async () => {
    const server = await start();
    const stranger = new URL(server.url);
    for (const password of ['', 'taquilla']) {
      stranger.password = password;
      await assert.rejects(ask(stranger.href, 'select 1'));
    }
    await server.stop();
  });

  test('is joined, with its data, after its first user was killed', async () => {
    const killed = await startUser();
    await ask(killed.url, 'create table kept as select 42 as answer');
    const pid = postmasterPid();
    killed.process.kill('SIGKILL');
    await once(killed.process, 'exit');
    const said: string[] = [];
    const server = await start((line) => said.push(line));
    assert.equal(postmasterPid(), pid);
    assert.match(said.join('\n'), /already running/);
    assert.equal(await ask(server.url, 'select answer from kept'), 42);
    await server.stop();
    await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' });
  });

  test('stays while another process uses it', async () => {
    const server = await start();
    const user = await startUser();
    await server.stop();
    assert.equal(await ask(user.url, 'select 1'), 1);
    await user.leave();
    await assert.rejects(ask(user.url, 'select 1'), { code: 'ECONNREFUSED' });
  });

  test('comes back at the same address when it dies', async () => {
    const server = await start();
    await ask(server.url, 'create table survives as select 7 as n');
    process.kill(postmasterPid(), 'SIGKILL');
    let answer: unknown;
    await waitUntil('it is back', async () => {
      answer = await ask(server.url, 'select n from survives').catch(() => undefined);
      return answer !== undefined;
    });
    assert.equal(answer, 7);
    await server.stop();
  });

  test('starts over the file of a postmaster whose number another process has now', async () => {
    writeFileSync(pidFile, `${process.pid}\n${path.dirname(pidFile)}\n1\n5432\n\n127.0.0.1\n0 0\nready   \n`);
    const server = await start();
    assert.equal(await ask(server.url, 'select 1'), 1);
    await server.stop();
  });

  test('finds a folder that its user can reach when root works in a closed one', async (t) => {
    if (process.getuid?.() !== 0) return t.diagnostic('only root runs PostgreSQL as another user');
    const closed = path.join(
      mkdtempSync(path.join(tmpdir(), `taquilla-test-${process.pid}-closed-`)),
      'postgres',
    );
    const said: string[] = [];
    const log = (line: string) => said.push(line);
    const server = await startEmbeddedPostgres({ dataDir: closed, log });
    const folder = String(await ask(server.url, `select current_setting('data_directory')`));
    await server.stop();
    const again = await startEmbeddedPostgres({ dataDir: closed, log });
    assert.equal(await ask(again.url, `select current_setting('data_directory')`), folder);
    await again.stop();
    assert.match(folder, /^\/var\/lib\/taquilla\/[0-9a-f]{16}\/main\/cluster$/);
    assert.match(said.join('\n'), /cannot reach/);
    rmSync(path.resolve(folder, '../..'), { recursive: true });
    rmSync(path.dirname(closed), { recursive: true });
  });
});
