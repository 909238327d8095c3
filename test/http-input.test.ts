import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { formatEventId, formatHoldToken, formatSeatId, formatZoneId, systemIds } from '../src/base/ids.ts';
import { createPool } from '../src/db/pool.ts';
import { createTestDatabase } from './support/database.ts';
import { createHall } from './support/hall.ts';
import { createHttpClient, type Answer } from './support/http-client.ts';
import { startServer } from './support/server.ts';

// What a hostile or broken client may send to the whole system: always a refusal that says what is wrong, never a
// failure of ours, and never a trace in the database.

const database = await createTestDatabase();
const pool = createPool({ url: database.url, size: 2, name: 'test' });
const hall = await createHall(pool, { seats: 40, standing: 40 });
const server = await startServer({ databaseUrl: database.url, worker: false });
const client = createHttpClient(server.url, 4);
after(async () => {
  client.close();
  await server.stop();
  await pool.end();
  await database.drop();
});

const eventId = formatEventId(hall);
const holdToken = formatHoldToken(hall, systemIds.uuid());
const goodHold = { event_id: eventId, seats: [formatSeatId(hall, 1)] };
const goodConfirm = { hold_token: holdToken, customer: { name: 'Ana' }, payment: { method: 'cash' } };
const key = { 'idempotency-key': 'key-1' };

async function written(): Promise<unknown> {
  const { rows } = await pool.query(
    `select (select count(*) from holds) as holds, (select count(*) from transactions) as transactions,
            (select count(*) from idempotency_keys) as keys, (select count(*) from fiscal_documents) as documents,
            (select count(*) from seat_states where state <> 'free') as seats,
            (select sum(held + sold) from zone_counters) as places`,
  );
  return rows[0];
}

const before = await written();

type ProblemBody = {
  status: number;
  code: string;
  detail: string;
  request_id: string;
  errors?: { path: string }[];
};

async function assertRefused(answer: Answer, statuses: number[], what: string): Promise<ProblemBody> {
  assert.ok(statuses.includes(answer.status), `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, what);
  const problem = answer.json as ProblemBody;
  assert.equal(problem.status, answer.status, what);
  assert.ok(problem.code && problem.detail && problem.request_id, what);
  assert.deepEqual(await written(), before, what);
  return problem;
}

test('the good request of these tests is good but for what each changes', async () => {
  const confirm = await client.send('POST', '/sales/checkout/confirm/', goodConfirm, key);
  await assertRefused(confirm, [404], 'a token of no hold');
  assert.equal((confirm.json as ProblemBody).code, 'hold_not_found');
});

test('values of a type, size or kind that nobody means', async () => {
  const values: unknown[] = [
    null,
    true,
    -1,
    0,
    1.5,
    1e308,
    '',
    ' ',
    '\0',
    '\ud800',
    'x'.repeat(60_000),
    [],
    [[]],
    [null],
    {},
    { a: 1 },
    '💺',
    '1-1; drop table holds',
    "' or 1=1 --",
    '../../etc/passwd',
    '%00',
    Number.MAX_SAFE_INTEGER + 2,
  ];
  for (const [path, good, headers] of [
    ['/sales/holds', goodHold, {}],
    ['/sales/checkout/confirm', goodConfirm, key],
  ] as const) {
    for (const name of Object.keys(good)) {
      for (const value of values) {
        const answer = await client.send('POST', path, { ...good, [name]: value }, headers);
        await assertRefused(answer, [404, 422], `${path} ${name} = ${JSON.stringify(value).slice(0, 60)}`);
      }
      const missing = await client.send('POST', path, { ...good, [name]: undefined }, headers);
      await assertRefused(missing, [422], `${path} without ${name}`);
    }
    for (const body of values) {
      const answer = await client.send('POST', path, JSON.stringify(body), headers);
      await assertRefused(answer, [422], `${path} body ${JSON.stringify(body).slice(0, 60)}`);
    }
  }
});

test('what the client must not decide is refused by name', async () => {
  const extra = { price: 1, total: 1, status: 'completed', tenant_id: 2, __proto__x: 1 };
  for (const [path, good, headers] of [
    ['/sales/holds', goodHold, {}],
    ['/sales/checkout/confirm/', goodConfirm, key],
  ] as const) {
    const answer = await client.send('POST', path, { ...good, ...extra }, headers);
    const problem = await assertRefused(answer, [422], path);
    const named = problem.errors!.map((error) => error.path);
    for (const name of Object.keys(extra)) assert.ok(named.includes(`/${name}`), `${path} ${name}`);
  }
  const inside = { ...goodConfirm, customer: { name: 'Ana', discount: 100 } };
  const answer = await client.send('POST', '/sales/checkout/confirm', inside, key);
  assert.deepEqual(
    (await assertRefused(answer, [422], 'inside')).errors!.map((error) => error.path),
    ['/customer/discount'],
  );
});

test('properties that reach for the prototype', async () => {
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString']) {
    const body = `{"event_id": "${eventId}", "seats": ["${formatSeatId(hall, 1)}"], "${name}": {"isAdmin": true}}`;
    await assertRefused(await client.send('POST', '/sales/holds', body), [422], name);
    assert.equal(({} as Record<string, unknown>)['isAdmin'], undefined);
  }
});

test('text that no database stores is named where it stands', async () => {
  const body = String.raw`{"hold_token": "${holdToken}", "customer": {"name": "A\u0000na", "document": "\ud83d"}, "payment": {"method": "cash"}}`;
  const problem = await assertRefused(
    await client.send('POST', '/sales/checkout/confirm', body, key),
    [422],
    'unsafe text',
  );
  assert.deepEqual(
    problem.errors!.map((error) => error.path),
    ['/customer/name', '/customer/document'],
  );
  const query = await client.send('GET', '/events?starting_after=%00');
  assert.deepEqual(
    (await assertRefused(query, [422], 'query')).errors!.map((error) => error.path),
    ['query/starting_after'],
  );
});

test('carts of ten thousand lines', async () => {
  const seats = Array.from({ length: 10_000 }, (_, i) => formatSeatId(hall, i + 1));
  await assertRefused(
    await client.send('POST', '/sales/holds', { event_id: eventId, seats }),
    [413],
    'seats',
  );
  const short = Array.from({ length: 10_000 }, () => 1);
  await assertRefused(
    await client.send('POST', '/sales/holds', { event_id: eventId, seats: short }),
    [422],
    'numbers',
  );
  const many = seats.slice(0, 1_000);
  await assertRefused(
    await client.send('POST', '/sales/holds', { event_id: eventId, seats: many }),
    [422],
    'a thousand',
  );
  const twice = [formatSeatId(hall, 1), formatSeatId(hall, 1)];
  await assertRefused(
    await client.send('POST', '/sales/holds', { event_id: eventId, seats: twice }),
    [422],
    'twice',
  );
  for (const quantity of [0, -1, 1.5, 51, 1e9, '2']) {
    const zones = [{ zone_id: formatZoneId(hall, 2), quantity }];
    await assertRefused(
      await client.send('POST', '/sales/holds', { event_id: eventId, zones }),
      [422],
      `quantity ${quantity}`,
    );
    const best_available = { quantity };
    await assertRefused(
      await client.send('POST', '/sales/holds', { event_id: eventId, best_available }),
      [422],
      `best ${quantity}`,
    );
  }
});

test('places that are not, or are of another event', async () => {
  const sister = await createHall(pool, { seats: 4, standing: 4 });
  const stranger = await createHall(pool, { tenantId: 2, seats: 4, standing: 4 });
  const cases: [string, string[], number][] = [
    [eventId, [formatSeatId(hall, 41)], 404],
    [eventId, [formatSeatId(hall, 2_147_483_647)], 404],
    [eventId, [formatSeatId(sister, 1)], 422],
    [eventId, [formatSeatId(hall, 1), formatSeatId(sister, 1)], 422],
    [eventId, [formatSeatId(stranger, 1)], 404],
    ['1-999', [formatSeatId({ tenantId: 1, eventId: 999 }, 1)], 404],
    ['0-0', ['0-0-s1'], 404],
  ];
  for (const [event_id, seats, status] of cases) {
    await assertRefused(
      await client.send('POST', '/sales/holds', { event_id, seats }),
      [status],
      `${event_id} ${seats.join(' ')}`,
    );
  }
});

test('bodies that are broken, endless, deep, or not JSON', async () => {
  const bodies: [string, string, number[]][] = [
    ['cut off', '{"event_id": "1-', [400]],
    ['single quotes', "{'event_id': 1}", [400]],
    ['two values', '{}{}', [400]],
    ['a byte order mark', '\ufeff{}', [400]],
    ['NaN', '{"event_id": NaN}', [400]],
    ['deep lists', '['.repeat(30_000) + ']'.repeat(30_000), [422]],
    ['deep objects', '{"a":'.repeat(9_000) + '1' + '}'.repeat(9_000), [422]],
    ['deep and open', '['.repeat(60_000), [400]],
    ['a long number', `{"event_id": ${'9'.repeat(50_000)}}`, [422]],
    ['same name twice', `{"event_id": 1, "event_id": {}}`, [422]],
    ['nothing', '', [400, 422]],
  ];
  for (const [what, body, statuses] of bodies) {
    for (const path of ['/sales/holds', '/sales/checkout/confirm/']) {
      await assertRefused(await client.send('POST', path, body, key), statuses, `${what} ${path}`);
    }
  }
  const latin1 = await fetch(`${server.url}/sales/holds`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"event_id": "caf\xe9"}', 'latin1'),
  });
  assert.equal(latin1.status, 400);
});

test('media types and encodings that are not read', async () => {
  const types = [
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'nonsense',
    'application/json5',
  ];
  for (const type of types) {
    const answer = await client.send('POST', '/sales/holds', JSON.stringify(goodHold), {
      'content-type': type,
    });
    await assertRefused(answer, [415], type);
  }
  const packed = await client.send('POST', '/sales/holds', JSON.stringify(goodHold), {
    'content-encoding': 'gzip',
  });
  await assertRefused(packed, [415], 'gzip');
});

test('a body of 100 MB, announced or not', async () => {
  const announced = await client.send('POST', '/sales/holds', ' '.repeat(100 * 1024 * 1024));
  assert.equal((await assertRefused(announced, [413], 'announced')).code, 'body_too_large');
  const chunk = new Uint8Array(65_536).fill(0x20);
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent++ < 1_600) controller.enqueue(chunk);
      else controller.close();
    },
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/sales/holds`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  });
  assert.equal(answer.status, 413);
  assert.deepEqual(await written(), before);
});

test('idempotency keys that are none', async () => {
  const confirm = (headers: Record<string, string>) =>
    client.send('POST', '/sales/checkout/confirm/', goodConfirm, headers);
  assert.equal((await assertRefused(await confirm({}), [400], 'none')).code, 'idempotency_key_missing');
  for (const bad of ['', 'with space', 'x'.repeat(256), 'ñandú', '\t']) {
    const problem = await assertRefused(
      await confirm({ 'idempotency-key': Buffer.from(bad).toString('latin1') }),
      [400],
      bad,
    );
    assert.match(problem.code, /^idempotency_key_(missing|invalid)$/);
  }
});

test('paths with ids that are none, on every route that takes one', async () => {
  const ids = [
    '0',
    '-1',
    '1',
    '1-',
    '1-1-1',
    '99999999999-1',
    '1e3-1',
    '%00',
    '%ed%a0%80',
    '%F0%9F%92%BA',
    'x'.repeat(300),
    '..%2f..%2f',
    "1'--",
    '1-1%20',
    '__proto__',
    'null',
  ];
  const routes = [
    (id: string) => ['GET', `/events/${id}`],
    (id: string) => ['GET', `/events/${id}/seats`],
    (id: string) => ['GET', `/events/${id}/availability`],
    (id: string) => ['GET', `/events/${id}/availability/stream`],
    (id: string) => ['GET', `/sales/holds/${id}`],
    (id: string) => ['DELETE', `/sales/holds/${id}`],
    (id: string) => ['POST', `/sales/holds/${id}/extend`],
    (id: string) => ['GET', `/sales/transactions/${id}`],
    (id: string) => ['GET', `/sales/transactions/${id}?token=${id}`],
    (id: string) => ['GET', `/sales/transactions/${id}/events`],
    (id: string) => ['GET', `/sales/transactions/${id}/tickets.pdf?token=1.${'A'.repeat(24)}`],
  ];
  for (const id of ids) {
    for (const route of routes) {
      const [method, path] = route(id) as [string, string];
      await assertRefused(await client.send(method, path), [400, 404, 422], `${method} ${path}`);
    }
  }
});

test('queries that ask for too much or for nothing that is', async () => {
  const queries = [
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1e9',
    'limit=x',
    'limit=1&limit=2',
    'offset=5',
    'starting_after=',
    `starting_after=${'x'.repeat(5_000)}`,
    'price=1',
    '__proto__=1',
    'limit[]=1',
  ];
  for (const query of queries)
    await assertRefused(await client.send('GET', `/events?${query}`), [404, 422], query);
});

function sendRaw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

test('requests that are no HTTP, and headers without end', async () => {
  const tail = 'connection: close\r\n\r\n';
  const cases: [string, string | Buffer, number][] = [
    ['noise', Buffer.from([0, 255, 1, 254, 13, 10, 13, 10]), 400],
    ['a huge header', `GET /events HTTP/1.1\r\nhost: x\r\na: ${'y'.repeat(100_000)}\r\n${tail}`, 431],
    ['a huge URL', `GET /events?${'y'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n${tail}`, 431],
    ['ten thousand headers', `GET /events HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(10_000)}${tail}`, 431],
    ['a bad escape', `GET /events/%zz HTTP/1.1\r\nhost: x\r\n${tail}`, 400],
    [
      'two lengths',
      `POST /sales/holds HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n${tail}{}`,
      400,
    ],
    [
      'length and chunks',
      `POST /sales/holds HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n${tail}{}`,
      400,
    ],
    ['a negative length', `POST /sales/holds HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n${tail}`, 400],
    ['a bare line feed in a header', `GET /events HTTP/1.1\nhost: x\na\0b: c\n\n`, 400],
    ['no host', `GET /events HTTP/1.1\r\n${tail}`, 400],
  ];
  for (const [what, bytes, status] of cases) {
    const received = await sendRaw(bytes);
    assert.match(received, new RegExp(`^HTTP/1.1 ${status} `), `${what}: ${received.slice(0, 60)}`);
    assert.match(received, /content-type: application\/problem\+json/i, what);
  }
  assert.deepEqual(await written(), before);
});

test('a client that goes away in the middle of its body leaves nothing behind', async () => {
  const body = JSON.stringify(goodHold);
  for (const length of [0, 1, body.length - 1]) {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
        const head = `POST /sales/holds HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
        socket.write(head + body.slice(0, length), () => socket.destroy());
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
  }
  assert.equal((await client.send('GET', '/healthz')).status, 200);
  assert.deepEqual(await written(), before);
});
