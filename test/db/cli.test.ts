import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { runCli } from '../../src/cli/run.ts';
import { createPool } from '../../src/db/pool.ts';
import { createTestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

const root = path.join(import.meta.dirname, '../..');
const database = await createTestDatabase();
const running = new Set<ChildProcess>();
after(async () => {
  for (const child of running) child.kill('SIGKILL');
  await database.drop();
});

type Run = { child: ChildProcess; out(): string; err(): string; ended: Promise<number | null> };

/** Runs `taquilla` as a person would, with these settings and no others. */
function taquilla(args: string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, ['src/main.ts', ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'error', DATABASE_URL: database.url, PORT: '0', ...env },
  });
  running.add(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    }),
  );
  return { child, out: () => out, err: () => err, ended };
}

async function outputOf(run: Run, pattern: RegExp): Promise<RegExpExecArray> {
  let stopped = false;
  void run.ended.then(() => (stopped = true));
  for (;;) {
    const match = pattern.exec(run.out());
    if (match) return match;
    assert.ok(!stopped, `ended without ${pattern}: ${run.out()}${run.err()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs what never needs a configuration in this process. */
async function ask(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const output = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) };
  const code = await runCli(args, commands, output, () => assert.fail('a command was about to run'));
  return { code, out, err };
}

test('help names every command, and every command has help', async () => {
  const run = taquilla(['--help'], { DATABASE_URL: 'nonsense' });
  assert.equal(await run.ended, 0);
  assert.deepEqual(run.out().trimEnd(), (await ask('help')).out.join('\n'));
  for (const { name, summary } of commands) {
    assert.match(run.out(), new RegExp(`^  ${name} +${RegExp.escape(summary)}$`, 'm'));
    const help = await ask(name, '--help');
    assert.equal(help.code, 0, name);
    assert.match(help.out.join('\n'), new RegExp(`^Usage: taquilla ${name} `, 'm'));
    assert.match(help.out.join('\n'), /--help/);
  }
});

test('what is not known is refused with what is, in one line', async () => {
  const cases: [string[], RegExp][] = [
    [['fly'], /no command "fly"; known are serve, work/],
    [['serve', '--fast'], /no option --fast; it knows --api-only, --no-seed, --help/],
    [['serve', 'extra'], /takes no arguments beside its options, not "extra"/],
    [['import-plan'], /takes FILE; --help tells more/],
    [['audit', '--seller'], /--seller/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await ask(...args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(err.length, 1);
    assert.match(err[0]!, message);
  }
});

test('a server that cannot start says why in a sentence, and exits with 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const port = String((taken.address() as { port: number }).port);
  const wrongPassword = new URL(database.url);
  wrongPassword.password = 'wrong';
  const noDatabase = new URL(database.url);
  noDatabase.pathname = '/nowhere';
  const cases: [Record<string, string>, RegExp][] = [
    [{ DATABASE_URL: 'postgres://a:b@127.0.0.1:1/x' }, /no PostgreSQL answers at 127\.0\.0\.1:1/],
    [{ DATABASE_URL: noDatabase.href }, /has no database of that name/],
    [{ DATABASE_URL: wrongPassword.href }, /does not accept the user or password/],
    [{ DATABASE_URL: 'mysql://x', PORT: 'no' }, /PORT is a whole number.*\n.*DATABASE_URL is a URL/],
    [{ HOST: '203.0.113.1' }, /HOST is 203\.0\.113\.1, which is no address of this machine/],
    [{ PORT: port }, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is taken`)],
  ];
  await Promise.all(
    cases.map(async ([env, message]) => {
      const run = taquilla(['serve', '--no-seed'], env);
      assert.equal(await run.ended, 1, JSON.stringify(env));
      assert.match(run.err(), message);
      assert.doesNotMatch(run.err(), /\n {4}at /);
    }),
  );
  taken.close();
});

test('a worker that fails while it starts ends, so that another is started in its place', async () => {
  const run = taquilla(['work'], { TAQUILLA_FAILPOINTS: 'thread ready=fail' });
  assert.equal(await run.ended, 1);
  assert.match(run.err(), /broken at failpoint/);
});

test('serve brings up everything, says where, and ends in order', async () => {
  const run = taquilla(['serve']);
  const [, url] = await outputOf(run, /Shop +(http:\/\/127\.0\.0\.1:\d+)\/[^]*Ctrl-C ends it/);
  assert.match(run.out(), /Database +PostgreSQL \d+ at/);
  assert.doesNotMatch(run.out(), new RegExp(`:${new URL(database.url).password}@`));
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const events = (await (await fetch(`${url}/events`)).json()) as { data: unknown[] };
  assert.ok(events.data.length > 0);
  run.child.kill('SIGTERM');
  assert.equal(await run.ended, 0);
  assert.match(run.out(), /Stopped\./);
});

test('an API and a worker in processes of their own finish a sale together', async () => {
  const api = taquilla(['serve', '--api-only']);
  const worker = taquilla(['work'], { METRICS_PORT: '0' });
  const [, url] = await outputOf(api, /Shop +(http:\/\/127\.0\.0\.1:\d+)\//);
  const send = async (target: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}${target}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const json = (await answer.json()) as { hold_token: string; links: { events: string } };
    assert.ok(answer.ok, JSON.stringify(json));
    return json;
  };
  const events = (await (await fetch(`${url}/events`)).json()) as {
    data: { id: string; on_sale: boolean; zones: { kind: string }[] }[];
  };
  const isSeated = (event: (typeof events.data)[number]) =>
    event.on_sale && event.zones.some((zone) => zone.kind === 'numbered');
  const event_id = events.data.find(isSeated)!.id;
  const { hold_token } = await send('/sales/holds', { event_id, best_available: { quantity: 2 } });
  const customer = { name: 'Ana', email: 'ana@example.org' };
  const body = { hold_token, customer, payment: { method: 'cash' } };
  const sale = await send('/sales/checkout/confirm/', body, { 'idempotency-key': 'one' });
  const told = await (await fetch(new URL(sale.links.events, url))).text();
  assert.match(told, /event: completed/);
  const [, readings] = await outputOf(worker, /Readings: (http:\/\/127\.0\.0\.1:\d+)\/metrics/);
  const ready = await fetch(`${readings}/readyz`);
  assert.equal(ready.status, 200);
  const ended = /taquilla_step_seconds_count\{step="statistics",outcome="ended"\} 1/;
  await waitUntil('the worker shows the steps that it has ended', async () =>
    ended.test(await (await fetch(`${readings}/metrics`)).text()),
  );
  assert.equal((await fetch(`${readings}/events`)).status, 404, 'it has no API');
  const audit = taquilla(['audit']);
  assert.equal(await audit.ended, 0, audit.out());
  assert.match(audit.out(), /0 violations/);
  api.child.kill('SIGTERM');
  worker.child.kill('SIGTERM');
  assert.deepEqual([await api.ended, await worker.ended], [0, 0]);
});

test('a second Ctrl-C ends at once', async () => {
  const run = taquilla(['serve', '--no-seed'], { DRAIN_DELAY_SECONDS: '60' });
  await outputOf(run, /Ctrl-C ends it/);
  run.child.kill('SIGINT');
  await outputOf(run, /Finishing/);
  run.child.kill('SIGINT');
  assert.equal(await run.ended, 130);
});

test('connections of commands that ended are gone', async () => {
  const pool = createPool({ url: database.url, size: 1, name: 'test' });
  // A backend goes a moment after the client that it served.
  const named = async () => {
    const { rows } = await pool.query<{ names: string[] }>(
      `select coalesce(array_agg(application_name), '{}') as names from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    );
    return rows[0]!.names;
  };
  try {
    await waitUntil('all connections are gone', async () => (await named()).length === 0);
  } finally {
    await pool.end();
  }
});
