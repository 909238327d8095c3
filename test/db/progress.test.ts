import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/base/limits.ts';
import type { StepReport } from '../../src/base/step.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { finishSteps } from '../../src/fulfilment/step.store.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readEvents, type StreamEvent } from '../support/read-events.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { testSecret } from '../support/workers.ts';

const story = ['confirmed', 'tickets', 'statistics', 'email', 'completed'];

let database: TestDatabase;
let pool: Pool;
let server: TestServer;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  await createSampleSeller(pool);
  server = await startServer({
    databaseUrl: database.url,
    env: { TAQUILLA_SECRET: testSecret },
    worker: false,
  });
});

after(async () => {
  await server.stop();
  await pool.end();
  await database.drop();
});

function eventsUrl(id: string): string {
  return saleLinks(testSecret, server.url, 1, id).events;
}

/** Ends a step of sales as another process would. */
async function end(ids: string[], name: StepReport['name']): Promise<void> {
  const reports = ids.map((transactionId): StepReport => ({ transactionId, name, state: 'done' }));
  await transact(pool, (tx) => finishSteps(tx, 1, reports, limits.stepAttemptsMax));
}

async function endAll(ids: string[], pauseMilliseconds: number): Promise<void> {
  for (const name of ['tickets', 'statistics', 'email'] as const) {
    await sleep(pauseMilliseconds);
    await end(ids, name);
  }
}

function check(events: StreamEvent[]): void {
  assert.deepEqual(
    events.map((event) => event.event),
    story,
  );
  assert.deepEqual(
    events.map((event) => event.id),
    [1, 2, 3, 4, 5],
  );
  for (const { event, data } of events) {
    assert.equal(data.step, event);
    assert.equal(data.state, 'done');
    assert.match(data.at, /^\d{4}-.*Z$/);
  }
}

test('readers of many sales see each step once, in order, and then the end', async () => {
  const ids = await makeSampleSales(pool, { count: 300 });
  const readers = Promise.all(ids.map((id) => readEvents(eventsUrl(id))));
  await endAll(ids, 60);
  for (const events of await readers) check(events);
});

test('a reader who comes late is told everything', async () => {
  const [id = ''] = await makeSampleSales(pool);
  await endAll([id], 0);
  check(await readEvents(eventsUrl(id)));
});

test('a stream that is cut after any event and resumed misses nothing and repeats nothing', async () => {
  for (const by of ['header', 'query']) {
    for (let cut = 1; cut < story.length; cut++) {
      const [id = ''] = await makeSampleSales(pool);
      const work = endAll([id], 15);
      const first = await readEvents(eventsUrl(id), { max: cut });
      const last = String(first.at(-1)?.id);
      const rest =
        by === 'header'
          ? await readEvents(eventsUrl(id), { headers: { 'last-event-id': last } })
          : await readEvents(`${eventsUrl(id)}&last_event_id=${last}`);
      await work;
      check([...first, ...rest]);
    }
  }
});

test('whoever has seen the last event is told that there is nothing more', async () => {
  const [id = ''] = await makeSampleSales(pool);
  await endAll([id], 0);
  const answer = await fetch(eventsUrl(id), { headers: { 'last-event-id': '5' } });
  assert.equal(answer.status, 204);
});

test('what happens while the connection for notices is lost is told once it is back', async () => {
  const [id = ''] = await makeSampleSales(pool);
  const seen = Promise.withResolvers<void>();
  const reader = readEvents(eventsUrl(id), {
    until({ event }) {
      if (event === 'tickets') seen.resolve();
      return false;
    },
  });
  await end([id], 'tickets');
  await seen.promise;
  const { rowCount } = await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'taquilla notices' and datname = current_database()`,
  );
  assert.equal(rowCount, 1, 'one connection listens for the whole process');
  await end([id], 'statistics');
  await end([id], 'email');
  check(await reader);
});

test('a stream needs the secret link of a sale that exists', async () => {
  const [id = ''] = await makeSampleSales(pool);
  const foreign = saleLinks(testSecret, server.url, 2, id).events;
  const [, token = ''] = eventsUrl(id).split('?token=');
  const urls = [
    foreign,
    `${server.url}/sales/transactions/${id}/events`,
    `${server.url}/sales/transactions/${id}/events?token=${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
    eventsUrl('019a5b7e-6f10-7abc-9def-0123456789ab'),
    saleLinks(testSecret, server.url, 1, 'not-a-sale').events,
  ];
  for (const url of urls) {
    const answer = await fetch(url);
    assert.equal(answer.status, 404, url);
    assert.equal(((await answer.json()) as { code: string }).code, 'transaction_not_found');
  }
});
