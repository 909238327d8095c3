import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runAudit } from '../src/audit/run-audit.ts';
import { formatEventId, formatSeatId, uuidv7 } from '../src/base/ids.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import { formatFiscalNumber } from '../src/fiscal/fiscal-number.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { createHall, type Hall } from './support/hall.ts';
import { createHttpClient, type Answer } from './support/http-client.ts';
import { startServer, type TestServer } from './support/server.ts';
import { waitUntil } from './support/wait.ts';

const buyers = 10_000;
const connections = 200;
const hotSeats = 500;

type Sale = { transaction_id: string; fiscal_number: string; total: number };

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let server: TestServer;
let client: ReturnType<typeof createHttpClient>;
/** Every 202 that a buyer saw, by transaction. */
const confirmed = new Map<string, Sale>();
const statuses = new Map<string, number>();

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  hall = await createHall(pool, { seats: 9_000, standing: 1_500 });
  server = await startServer({ databaseUrl: database.url, env: { HOLD_TTL_SECONDS: '8' } });
  client = createHttpClient(server.url, connections);
});
after(async () => {
  client.close();
  await server.stop();
  await pool.end();
  await database.drop();
});

/** The same numbers on every run, so that a failure can be looked at again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function note(step: string, answer: Answer): void {
  const name =
    `${step} ${answer.status} ${(answer.json as { code?: string } | undefined)?.code ?? ''}`.trim();
  statuses.set(name, (statuses.get(name) ?? 0) + 1);
  assert.ok(answer.status < 500, `${name}: ${answer.text}`);
  if (step === 'confirm' && answer.status === 202) {
    const sale = answer.json as Sale;
    const known = confirmed.get(sale.transaction_id);
    if (known) assert.deepEqual(sale, known);
    confirmed.set(sale.transaction_id, sale);
  }
}

function wish(random: () => number) {
  const event_id = formatEventId(hall);
  const dice = random();
  if (dice < 0.5) {
    const first = 1 + Math.floor(random() * (hotSeats - 1));
    return { event_id, seats: [first, first + 1].map((seatNo) => formatSeatId(hall, seatNo)) };
  }
  if (dice < 0.75) return { event_id, best_available: { quantity: 1 + Math.floor(random() * 4) } };
  return { event_id, zones: [{ zone_id: `${event_id}-z2`, quantity: 1 + Math.floor(random() * 3) }] };
}

/** Asks as a buyer does who comes again when the server is too busy: it says so before it has done anything. */
async function ask(...request: Parameters<typeof client.send>): Promise<Answer> {
  for (;;) {
    const answer = await client.send(...request);
    if (answer.status !== 503 || (answer.json as { code: string }).code !== 'overloaded') return answer;
    assert.ok(answer.headers['retry-after']);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function confirm(holdToken: string, key: string): Promise<void> {
  const body = {
    hold_token: holdToken,
    customer: { name: 'Ana', email: 'ana@example.com' },
    payment: { method: 'cash' },
  };
  note('confirm', await ask('POST', '/sales/checkout/confirm/', body, { 'idempotency-key': key }));
}

/** Some confirm one hold twice under different keys, some under the same key, some let it expire, some give it back. */
async function buy(number: number): Promise<void> {
  const random = randomOf(number);
  const hold = await ask('POST', '/sales/holds', wish(random));
  note('hold', hold);
  if (hold.status !== 201) return;
  const token = (hold.json as { hold_token: string }).hold_token;
  const key = uuidv7(Date.now());
  const manner = random();
  if (manner < 0.1) await Promise.all([confirm(token, key), confirm(token, uuidv7(Date.now()))]);
  else if (manner < 0.2) await Promise.all([confirm(token, key), confirm(token, key)]);
  else if (manner < 0.3) note('release', await ask('DELETE', `/sales/holds/${token}`));
  else if (manner >= 0.4) await confirm(token, key);
}

test('10,000 buyers on 200 connections: no seat twice, no number missing, every 202 in the database', async () => {
  await Promise.all(
    Array.from({ length: connections }, async (_, lane) => {
      for (let number = lane; number < buyers; number += connections) await buy(number);
    }),
  );
  assert.ok(confirmed.size > 1_000, JSON.stringify([...statuses]));
  assert.ok([...statuses.keys()].some((name) => name.includes('hold_already_confirmed')));

  const { rows } = await pool.query<{ id: string; number: number; total: number }>(
    `select t.transaction_id as id, d.number, t.total
       from transactions t join fiscal_documents d using (tenant_id, transaction_id) where t.tenant_id = $1`,
    [hall.tenantId],
  );
  assert.equal(rows.length, confirmed.size);
  for (const row of rows) {
    const sale = confirmed.get(row.id)!;
    assert.equal(sale.fiscal_number, formatFiscalNumber('A-', 8, row.number));
    assert.equal(sale.total, row.total);
  }
});

test('once the holds that nobody confirmed have expired, every invariant holds', async () => {
  const live = () =>
    pool
      .query<{ n: number }>(`select count(*) as n from holds where state = 'live'`)
      .then(({ rows }) => rows[0]!.n);
  await waitUntil('no hold is left', async () => (await live()) === 0);
  const { violations, lines } = await runAudit(pool);
  assert.equal(violations, 0, JSON.stringify(lines));
});
