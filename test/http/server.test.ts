import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Type } from 'typebox';
import { Problem } from '../../src/base/errors.ts';
import type { App } from '../../src/http/app.ts';
import { readProblemRoute } from '../../src/http/read-problem.route.ts';
import { object } from '../../src/http/schemas.ts';
import { startBareServer } from '../support/bare-server.ts';
import { createHttpClient } from '../support/http-client.ts';

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const orderSchema = object({
  name: Type.String({ minLength: 1, maxLength: 5 }),
  method: Type.Optional(Type.Union([Type.Literal('cash'), Type.Literal('card')])),
  seats: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 3 })),
  count: Type.Optional(Type.Integer({ minimum: 1 })),
  customer: Type.Optional(object({ email: Type.String({ format: 'email', maxLength: 50 }) })),
});

function mount(app: App): void {
  readProblemRoute(app);
  const response = { 200: object({ name: Type.String() }) };
  app.post('/orders', { schema: { body: orderSchema, response } }, (request) => ({
    name: request.body.name,
  }));
  app.get('/events', { schema: { response: { 200: object({ data: Type.Array(Type.String()) }) } } }, () => ({
    data: Array.from({ length: 500 }, (_, i) => `event ${i}`),
  }));
  app.get(
    '/events/:event_id',
    { schema: { params: object({ event_id: Type.String({ maxLength: 20 }) }) } },
    () => {
      throw new Problem('event_not_found', 'No such event.');
    },
  );
  app.get(
    '/pages',
    { schema: { querystring: object({ limit: Type.Optional(Type.Integer({ maximum: 100 })) }) } },
    (request) => request.query,
  );
  app.get('/broken', () => {
    throw new Error('the password is swordfish');
  });
  app.get('/busy', () => {
    throw new Problem('overloaded', 'Busy.', { retryAfterSeconds: 1.2, members: { waiting: 7 } });
  });
  app.get(
    '/sales/holds/:hold_token',
    { schema: { params: object({ hold_token: Type.String({ maxLength: 64 }) }) } },
    () => ({}),
  );
}

const shopDir = mkdtempSync(path.join(tmpdir(), 'taquilla-shop-'));
mkdirSync(path.join(shopDir, 'assets'));
writeFileSync(path.join(shopDir, 'index.html'), '<!doctype html><title>Shop</title>');
writeFileSync(path.join(shopDir, 'assets/app-1a2b3c.js'), `export const text = '${'x'.repeat(4000)}';`);
after(() => rmSync(shopDir, { recursive: true }));

const server = await startBareServer({ mount, shopDir, publicUrl: 'https://tickets.example' });
const client = createHttpClient(server.url, 4);
after(() => client.close());

type ProblemBody = {
  code: string;
  detail: string;
  status: number;
  request_id: string;
  errors?: { path: string; code: string; message: string }[];
};

async function refuse(body: unknown, expected: Record<string, string>): Promise<ProblemBody> {
  const answer = await client.send('POST', '/orders', body);
  assert.equal(answer.status, 422);
  const problem = answer.json as ProblemBody;
  assert.deepEqual(Object.fromEntries(problem.errors!.map(({ path: at, code }) => [at, code])), expected);
  return problem;
}

test('what a client must not say is refused by name, and all of it at once', async () => {
  const problem = await refuse(
    { name: 'Ana', price: 1, total: 0, status: 'paid', tenant_id: 2 },
    {
      '/price': 'unknown_property',
      '/total': 'unknown_property',
      '/status': 'unknown_property',
      '/tenant_id': 'unknown_property',
    },
  );
  for (const { message } of problem.errors!)
    assert.match(message, /^".*" is not a property that can be given here/);
});

test('each wrong field has a pointer, a code and a sentence', async () => {
  const problem = await refuse(
    { name: '', method: 'gold', seats: ['a', 5, 'c', 'd'], count: 0, customer: { email: 'nobody' } },
    {
      '/name': 'too_short',
      '/method': 'not_allowed',
      '/seats': 'too_many',
      '/seats/1': 'wrong_type',
      '/count': 'too_small',
      '/customer/email': 'malformed',
    },
  );
  for (const { message } of problem.errors!) assert.match(message, /^[A-Z].*\.$/);
  assert.match(problem.errors!.find((one) => one.path === '/method')!.message, /"cash", "card"/);
});

test('bodies are taken at their word, query strings are coerced', async () => {
  await refuse({ name: 'Ana', count: '1' }, { '/count': 'wrong_type' });
  const page = await client.send('GET', '/pages?limit=20');
  assert.deepEqual(page.json, { limit: 20 });
  const wrong = await client.send('GET', '/pages?limit=many&price=1');
  assert.equal(wrong.status, 422);
  assert.deepEqual((wrong.json as ProblemBody).errors!.map((one) => one.path).toSorted(), [
    'query/limit',
    'query/price',
  ]);
});

test('broken JSON is told where it breaks', async () => {
  const answer = await client.send('POST', '/orders', '{"name":\n  Ana}');
  assert.equal(answer.status, 400);
  assert.equal((answer.json as ProblemBody).code, 'json_malformed');
  assert.match((answer.json as ProblemBody).detail, /line 2, column 3 \(position 11\)/);
});

test('a problem is RFC 9457, with the request id, more members and Retry-After', async () => {
  const answer = await client.send('GET', '/busy', undefined, { 'x-request-id': 'my-request-1' });
  assert.equal(answer.status, 503);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  assert.equal(answer.headers['retry-after'], '2');
  assert.equal(answer.headers['x-request-id'], 'my-request-1');
  assert.deepEqual(answer.json, {
    type: '/problems/overloaded',
    title: 'Too busy right now',
    status: 503,
    code: 'overloaded',
    detail: 'Busy.',
    request_id: 'my-request-1',
    waiting: 7,
  });
  const page = await client.send('GET', '/problems/overloaded', undefined, browser);
  assert.match(page.text, /Too busy right now/);
});

test('a request id that is not well formed is not taken over', async () => {
  const answer = await client.send('GET', '/busy', undefined, {
    'x-request-id': '<script>alert(1)</script>',
  });
  assert.match(String(answer.headers['x-request-id']), /^[0-9a-f-]{36}$/);
});

test('what is unexpected says nothing to the client and everything to the log', async () => {
  const answer = await client.send('GET', '/broken');
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.text, /swordfish|at .*\.ts/);
  const { request_id } = answer.json as ProblemBody;
  assert.ok(server.log.some((line) => line.includes(request_id) && line.includes('swordfish')));
});

test('unknown paths are 404, known ones with another method 405 with Allow', async () => {
  assert.equal((await client.send('GET', '/nowhere')).status, 404);
  assert.equal((await client.send('POST', '/nowhere', {})).status, 404);
  const wrongMethod = await client.send('DELETE', '/orders');
  assert.equal(wrongMethod.status, 405);
  assert.equal(wrongMethod.headers['allow'], 'POST');
  assert.equal((await client.send('PUT', '/events/1-3', {})).headers['allow'], 'GET, HEAD');
});

test('every answer has the headers that browsers heed', async () => {
  for (const target of ['/events', '/nowhere', '/broken', '/']) {
    const { headers } = await client.send('GET', target, undefined, browser);
    assert.match(
      String(headers['content-security-policy']),
      /default-src 'self'.*frame-ancestors 'none'/,
      target,
    );
    assert.equal(headers['x-content-type-options'], 'nosniff', target);
    assert.equal(headers['referrer-policy'], 'no-referrer', target);
    assert.match(String(headers['strict-transport-security']), /^max-age=/, target);
  }
});

test('one address gives a page to browsers and data to programs', async () => {
  const data = await client.send('GET', '/events');
  assert.match(String(data.headers['content-type']), /application\/json/);
  assert.match(String(data.headers['vary']), /accept/i);
  const page = await client.send('GET', '/events', undefined, browser);
  assert.match(page.text, /<title>Shop/);
  assert.match(String(page.headers['vary']), /accept/i);
  assert.equal((await client.send('GET', '/events/1-3')).status, 404);
  assert.equal((await client.send('GET', '/events/1-3', undefined, browser)).status, 200);
  assert.equal((await client.send('GET', '/checkout/abc', undefined, browser)).status, 200);
  assert.equal((await client.send('GET', '/checkout/abc')).status, 404);
  assert.equal((await client.send('GET', '/', undefined, { accept: '*/*' })).status, 200);
});

test('hashed assets are kept for a year, the page is asked for again', async () => {
  const asset = await client.send('GET', '/assets/app-1a2b3c.js', undefined, { 'accept-encoding': 'br' });
  assert.match(String(asset.headers['cache-control']), /immutable/);
  assert.equal(asset.headers['content-encoding'], 'br');
  assert.equal((await client.send('GET', '/', undefined, browser)).headers['cache-control'], 'no-cache');
  assert.equal((await client.send('GET', '/assets/../../etc/passwd')).status, 404);
});

test('long JSON is compressed for those who ask', async () => {
  const plain = await client.send('GET', '/events');
  assert.equal(plain.headers['content-encoding'], undefined);
  const packed = await fetch(`${server.url}/events`, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  assert.deepEqual(await packed.json(), plain.json);
});

test('tokens do not reach the log', async () => {
  await client.send('GET', '/sales/holds/AAAAAQAAAAMBogvQU_x_faWhMXzgvqdY?token=1.abcdefghijklmnopqrstuvwx');
  await client.send('GET', '/nowhere?x=1&token=1.abcdefghijklmnopqrstuvwx');
  assert.ok(server.log.some((line) => line.includes('/sales/holds/[redacted]?token=[redacted]')));
  assert.ok(!server.log.some((line) => line.includes('abcdefghijkl') || line.includes('AAAAAQAAAAM')));
});

test('the OpenAPI document names the problems of a route', async () => {
  const { json } = await client.send('GET', '/openapi.json');
  const document = json as { openapi: string; paths: Record<string, Record<string, { responses: object }>> };
  assert.equal(document.openapi, '3.1.0');
  assert.ok(document.paths['/orders']!['post']);
  assert.deepEqual(Object.keys(document.paths['/orders']!['post'].responses), [
    '200',
    '400',
    '413',
    '415',
    '422',
    '500',
    '503',
  ]);
  const reader = await client.send('GET', '/docs/', undefined, browser);
  assert.doesNotMatch(reader.text, /https?:/);
});

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

test('what is no HTTP is answered with a problem, too', async () => {
  const cases: [string, number][] = [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
    ['GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
    ['BREW / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
  ];
  for (const [text, status] of cases) {
    const received = await sendRaw(text);
    const [head, body] = received.split('\r\n\r\n');
    assert.equal(Number(head!.split(' ')[1]), status, text.slice(0, 40));
    assert.match(head!, /content-type: application\/problem\+json/i);
    assert.equal((JSON.parse(body!) as ProblemBody).status, status);
  }
});

test('a schema that lets anything in is not mounted', async () => {
  const open = (app: App) =>
    void app.post(
      '/open',
      { schema: { body: Type.Object({ seats: Type.Array(Type.String()) }) } },
      () => ({}),
    );
  await assert.rejects(
    () => startBareServer({ mount: open }),
    /body is not closed, body.seats has no maxItems, body.seats\[\] has no maxLength/,
  );
});
