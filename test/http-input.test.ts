import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { formatEventId } from '../src/base/ids.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { createHall, type Hall } from './support/hall.ts';
import { createHttpClient, type Answer } from './support/http-client.ts';
import { startServer, type TestServer } from './support/server.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let server: TestServer;
let client: ReturnType<typeof createHttpClient>;
let eventId = '';

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  hall = await createHall(pool, { seats: 60, standing: 20 });
  eventId = formatEventId(hall);
  server = await startServer({ databaseUrl: database.url });
  client = createHttpClient(server.url, 8);
});
after(async () => {
  client.close();
  await server.stop();
  await pool.end();
  await database.drop();
});

type Problem = { status: number; code: string; detail: string; request_id: string; errors?: { path: string }[] };

/** Every refusal is a problem with a code, a sentence and a request id, and no stack. */
function problemOf(answer: Answer, status: number, code: string): Problem {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  const problem = answer.json as Problem;
  assert.equal(problem.code, code, answer.text);
  assert.equal(problem.status, status);
  assert.ok(problem.detail.length > 10 && problem.request_id.length > 0);
  assert.ok(!/\bat .*\.ts:\d+|node_modules/.test(answer.text));
  return problem;
}

const holdBody = (changes: object) => ({ event_id: eventId, seats: [`${eventId}-s1`], ...changes });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) => client.send('POST', path, body, headers);
const confirmBody = (changes: object) => ({
  hold_token: 'A'.repeat(32),
  customer: { name: 'Ana', email: 'ana@example.com' },
  payment: { method: 'cash' },
  ...changes,
});
const confirm = (body: unknown, headers: Record<string, string> = { 'idempotency-key': 'k-1' }) =>
  post('/sales/checkout/confirm/', body, headers);

async function rows(): Promise<number> {
  const { rows: counted } = await pool.query<{ n: number }>(
    'select (select count(*) from holds) + (select count(*) from transactions) + (select count(*) from idempotency_keys) as n',
  );
  return counted[0]!.n;
}

test('what a client has no say in is refused by name', async () => {
  for (const name of ['price', 'total', 'status', 'tenant_id', '__proto__x']) {
    const problem = problemOf(await post('/sales/holds', holdBody({ [name]: 1 })), 422, 'body_invalid');
    assert.ok(problem.errors?.some((error) => error.path === `/${name}`), JSON.stringify(problem));
    const inner = { name: 'Ana', email: 'a@example.com', [name]: 1 };
    const nested = problemOf(await confirm(confirmBody({ customer: inner })), 422, 'body_invalid');
    assert.ok(nested.errors?.some((error) => error.path === `/customer/${name}`), JSON.stringify(nested));
  }
});

const wrongHolds: [string, object, number, string][] = [
  ['no event', { event_id: undefined }, 422, 'body_invalid'],
  ['an event that is a number', { event_id: 7 }, 422, 'body_invalid'],
  ['an unknown event', { event_id: '1-999' }, 404, 'event_not_found'],
  ['an event of another shape', { event_id: '../../etc' }, 404, 'event_not_found'],
  ['seats that are a text', { seats: 'all' }, 422, 'body_invalid'],
  ['seats of numbers', { seats: [1] }, 422, 'body_invalid'],
  ['an empty cart', { seats: [] }, 422, 'body_invalid'],
  ['10,000 seats', { seats: Array.from({ length: 10_000 }, (_, i) => `x${i}`) }, 413, 'body_too_large'],
  ['51 seats', { seats: Array.from({ length: 51 }, (_, i) => `1-1-s${i + 1}`) }, 422, 'body_invalid'],
  ['a quantity of half', { seats: [], zones: [{ zone_id: '1-1-z2', quantity: 0.5 }] }, 422, 'body_invalid'],
  ['a quantity below nothing', { seats: [], zones: [{ zone_id: '1-1-z2', quantity: -1 }] }, 422, 'body_invalid'],
  ['a quantity as a text', { seats: [], zones: [{ zone_id: '1-1-z2', quantity: '1' }] }, 422, 'body_invalid'],
  ['more than there are', { seats: [], zones: [{ zone_id: '1-1-z2', quantity: 21 }] }, 409, 'seat_unavailable'],
  ['a NUL byte', { event_id: `${'1-1'}\u0000` }, 422, 'body_invalid'],
  ['a lone surrogate', { event_id: '\ud800' }, 422, 'body_invalid'],
  ['a seat of nobody', { seats: ['1-1-s61'] }, 404, 'seat_not_found'],
  ['a seat of another seller', { seats: ['2-1-s1'] }, 404, 'seat_not_found'],
];

for (const [name, changes, status, code] of wrongHolds) {
  test(`a hold with ${name} is ${status} ${code}, and holds nothing`, async () => {
    const before = await rows();
    problemOf(await post('/sales/holds', holdBody(changes)), status, code);
    assert.equal(await rows(), before);
  });
}

const wrongConfirms: [string, object, number, string][] = [
  ['an unknown hold', {}, 404, 'hold_not_found'],
  ['a token of another shape', { hold_token: 'nonsense' }, 404, 'hold_not_found'],
  ['no name', { customer: { email: 'a@example.com' } }, 422, 'body_invalid'],
  ['a blank name', { customer: { name: '   ' } }, 422, 'body_invalid'],
  ['a long name', { customer: { name: 'x'.repeat(121) } }, 422, 'body_invalid'],
  ['an address that is none', { customer: { name: 'Ana', email: 'ana@' } }, 422, 'body_invalid'],
  ['a header in the address', { customer: { name: 'Ana', email: 'a@b.c\nbcc: all@b.c' } }, 422, 'body_invalid'],
  ['a means of payment that is none', { payment: { method: 'barter' } }, 422, 'body_invalid'],
  ['a total below nothing', { expected_total: -1 }, 422, 'body_invalid'],
  ['a total with cents', { expected_total: 1.5 }, 422, 'body_invalid'],
  ['a NUL byte in the name', { customer: { name: 'A\u0000na', email: 'a@example.com' } }, 422, 'body_invalid'],
];

for (const [name, changes, status, code] of wrongConfirms) {
  test(`a confirmation with ${name} is ${status} ${code}, and sells nothing`, async () => {
    const before = await rows();
    problemOf(await confirm(confirmBody(changes)), status, code);
    assert.equal(await rows(), before);
  });
}

test('a confirmation needs an idempotency key that can be one', async () => {
  problemOf(await confirm(confirmBody({}), {}), 400, 'idempotency_key_missing');
  problemOf(await confirm(confirmBody({}), { 'idempotency-key': 'x'.repeat(256) }), 400, 'idempotency_key_invalid');
  problemOf(await confirm(confirmBody({}), { 'idempotency-key': 'two words' }), 400, 'idempotency_key_invalid');
});

test('what is no JSON, too deep, too large or of another type is refused as such', async () => {
  const json = { 'content-type': 'application/json' };
  problemOf(await post('/sales/holds', '{"event_id": ', json), 400, 'json_malformed');
  problemOf(await post('/sales/holds', '[]', json), 422, 'body_invalid');
  problemOf(await post('/sales/holds', 'null', json), 422, 'body_invalid');
  const deep = await post('/sales/holds', '['.repeat(30_000) + ']'.repeat(30_000), json);
  assert.ok(deep.status === 422 || deep.status === 400, deep.text);
  problemOf(await post('/sales/holds', '{"__proto__": {"admin": true}, "event_id": "1-1"}', json), 422, 'body_invalid');
  problemOf(await post('/sales/holds', '<x/>', { 'content-type': 'application/xml' }), 415, 'media_type_unsupported');
  problemOf(await post('/sales/holds', 'x'.repeat(2_000_000), json), 413, 'body_too_large');
});

test('a wrong address is 404, a wrong method 405 with what is allowed', async () => {
  problemOf(await client.send('GET', '/nothing/here'), 404, 'not_found');
  problemOf(await client.send('GET', '/events/1-999'), 404, 'event_not_found');
  problemOf(await client.send('GET', '/sales/holds/nonsense'), 404, 'hold_not_found');
  const sale = '/sales/transactions/0199a0c0-0000-7000-8000-000000000000';
  for (const path of [sale, `${sale}?token=1.${'x'.repeat(24)}`, `${sale}/events`, `${sale}/tickets.pdf`]) {
    problemOf(await client.send('GET', path), 404, 'transaction_not_found');
  }
  const wrong = await client.send('PUT', '/sales/holds', {});
  problemOf(wrong, 405, 'method_not_allowed');
  assert.match(String(wrong.headers['allow']), /POST/);
});

/** Sends bytes as they are and returns what comes back. */
function raw(bytes: string): Promise<string> {
  const { port, hostname } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

test('broken HTTP gets a 4xx problem, not silence and not a 500', async () => {
  const hostile = [
    'GARBAGE\r\n\r\n',
    'GET /events HTTP/1.1\r\nConnection: close\r\n\r\n',
    `GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Big: ${'x'.repeat(100_000)}\r\n\r\n`,
    'GET /%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'POST /sales/holds HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -5\r\n\r\n',
    'POST /sales/holds HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ];
  for (const bytes of hostile) {
    const answer = await raw(bytes);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, `${bytes.slice(0, 60)}: ${answer.slice(0, 200)}`);
    assert.match(answer, /application\/problem\+json/);
  }
});
