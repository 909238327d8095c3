import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { uuidv7 } from '../../src/base/ids.ts';
import { transact, type Statement, type Tx } from '../../src/db/transaction.ts';
import { WebhookCourier } from '../../src/webhooks/deliver-webhooks.job.ts';
import {
  claimDeliveries,
  forgetWebhookEvents,
  publishWebhookEvents,
} from '../../src/webhooks/webhook-delivery.store.ts';
import { writeWebhookEvent, type WebhookEventType } from '../../src/webhooks/webhook-event.ts';
import { createWebhookSender } from '../../src/webhooks/webhook-sender.adapter.ts';
import { gate, throughGate } from '../support/gate.ts';
import type { HttpRequest } from '../support/fakes/http-fake.ts';
import { startWebhookReceiver } from '../support/fakes/webhook-receiver.ts';
import { startIdentityHall } from '../support/identity-hall.ts';
import { signedIn } from '../support/identity.ts';
import { waitUntil } from '../support/wait.ts';

type Endpoint = {
  id: string;
  secret: string;
  enabled: boolean;
  disabled_reason?: string;
  event_types: string[];
};
type Delivery = {
  event_id: string;
  type: string;
  state: string;
  attempts: number;
  next_attempt_at?: string;
  payload: string;
  log: { attempt: number; status?: number; reason?: string; answer?: string }[];
};

const hall = await startIdentityHall(2, { WEBHOOKS_TO_LOOPBACK: 'true' });
const { pool } = hall;
const owners = [await signedIn(pool, hall.client, 1, 'owner'), await signedIn(pool, hall.client, 2, 'owner')];
/** Sends as the owner of the seller that the path names. */
const client = {
  send: (method: string, path: string, body?: unknown) =>
    owners[Number(path.split('/')[2]) - 1]!.send(method, path, body),
};
const receiver = await startWebhookReceiver();
const sender = createWebhookSender({ loopbackAllowed: true });
const hasty = createWebhookSender({ loopbackAllowed: true, timeoutSeconds: 1 });

// A clock of the test's own, so that three days pass at once; a little ahead of the server's.
const soon = () => new Date(Date.now() + 60_000);
let now = soon();
const clock = { now: () => now };
const pass = (seconds: number) => (now = new Date(now.getTime() + seconds * 1_000));
const ids = { uuid: () => uuidv7(now.getTime()) };

after(async () => {
  await sender.close();
  await hasty.close();
  await receiver.stop();
  await hall.stop();
});
beforeEach(async () => {
  await pool.query('delete from webhook_endpoints');
  await pool.query('delete from webhook_events');
  receiver.log.length = 0;
  now = soon();
});

const base = '/sellers/1/webhook-endpoints';
const warnings: string[] = [];
const quiet = { warn: (_: unknown, message: string) => void warnings.push(message) };
const courierBy = (by: typeof sender) =>
  new WebhookCourier({ pool, sender: by, clock, random: () => 0.5, log: quiet });
const patient = courierBy(sender);
/** Leaves a receiver that does not answer within a second. */
const impatient = courierBy(hasty);

/** One round of attempts, to their end. @returns how many they were. */
async function deliver(courier = patient): Promise<number> {
  const begun = await courier.begin();
  await courier.ended();
  assert.deepEqual(warnings, []);
  return begun;
}

async function create(changes: Record<string, unknown> = {}, seller = 1): Promise<Endpoint> {
  const body = { url: `${receiver.url}/hooks`, event_types: ['sale.completed', 'sale.paid'], ...changes };
  const answer = await client.send('POST', `/sellers/${seller}/webhook-endpoints`, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json as Endpoint;
}

async function publish(
  type: WebhookEventType = 'sale.completed',
  seller = 1,
  eventId = ids.uuid(),
): Promise<string> {
  const event = writeWebhookEvent(eventId, type, now, { transaction_id: eventId });
  await transact(pool, (tx) => publishWebhookEvents(tx, seller, [event], now));
  return eventId;
}

async function read(endpoint: Endpoint, eventId: string): Promise<Delivery> {
  const answer = await client.send('GET', `${base}/${endpoint.id}/deliveries/${eventId}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Delivery;
}

/** Throws when the secret is not one that has signed. */
const verify = (request: HttpRequest, secret: string) =>
  new Webhook(secret).verify(request.body, request.headers as Record<string, string>) as { type: string };

test('an event reaches those who want it, once, signed, and nobody else', async () => {
  const wants = await create();
  await create({ event_types: ['sale.refunded'] });
  await create({}, 2);
  const eventId = await publish();
  await publish('sale.completed', 1, eventId);
  assert.equal(await deliver(), 1);
  assert.equal(await deliver(), 0);
  const [request, ...more] = receiver.log;
  assert.equal(more.length, 0);
  assert.equal(verify(request!, wants.secret).type, 'sale.completed');
  assert.throws(() => verify(request!, `whsec_${Buffer.alloc(32).toString('base64')}`));
  const delivery = await read(wants, eventId);
  assert.equal(delivery.state, 'delivered');
  assert.deepEqual(
    delivery.log.map(({ attempt, status }) => [attempt, status]),
    [[1, 200]],
  );
  assert.equal(delivery.payload, request!.body.toString());
});

test('a receiver that fails is asked again for three days, with the same bytes, and then no more', async () => {
  const endpoint = await create();
  const eventId = await publish();
  receiver.next(...Array.from({ length: 10 }, () => ({ status: 500, body: 'oops' })));
  let waited = 0;
  for (let attempt = 1; attempt <= 10; attempt++) {
    assert.equal(await deliver(), 1, `attempt ${attempt}`);
    assert.equal(await deliver(), 0, 'not before its time');
    const { next_attempt_at: next } = await read(endpoint, eventId);
    if (next === undefined) break;
    const seconds = (Date.parse(next) - now.getTime()) / 1_000;
    waited += seconds;
    pass(seconds);
  }
  assert.ok(waited > 250_000 && waited < 259_200);
  const { state, log } = await read(endpoint, eventId);
  assert.equal(state, 'failed');
  assert.equal(log.length, 10);
  assert.deepEqual(log[9], {
    ...log[9],
    status: 500,
    answer: 'oops',
    reason: 'The receiver refused the event (HTTP 500).',
  });
  assert.equal(new Set(receiver.log.map((request) => request.body.toString())).size, 1);
  assert.equal(new Set(receiver.log.map((request) => request.headers['webhook-id'])).size, 1);
  pass(1_000_000);
  assert.equal(await deliver(), 0);
});

test('a receiver that comes back gets what it missed; one that asks for time gets it', async () => {
  const endpoint = await create();
  const eventId = await publish();
  receiver.next({ status: 503, headers: { 'retry-after': '600' } }, 'hang');
  await deliver();
  pass(599);
  assert.equal(await deliver(), 0);
  pass(2);
  assert.equal(await deliver(impatient), 1);
  pass(400);
  assert.equal(await deliver(), 1);
  const { state, log } = await read(endpoint, eventId);
  assert.equal(state, 'delivered');
  assert.deepEqual(
    log.map((one) => one.reason),
    ['The receiver refused the event (HTTP 503).', 'No answer within 1 s.', undefined],
  );
});

test('a redirect is a failure that says so', async () => {
  const endpoint = await create();
  const eventId = await publish();
  receiver.next({ status: 307, headers: { location: `${receiver.url}/other` } });
  await deliver();
  const { state, log } = await read(endpoint, eventId);
  assert.equal(state, 'pending');
  assert.match(log[0]!.reason!, /redirects \(HTTP 307\)/);
  assert.equal(receiver.log.length, 1);
});

test('410 switches the endpoint off, with all that was on its way to it', async () => {
  const endpoint = await create();
  const other = await create();
  for (let i = 0; i < 8; i++) await publish();
  // Several at once: their ends must not wait for each other.
  receiver.next(...Array.from({ length: 10 }, () => ({ status: 410 })));
  await deliver();
  const { data } = (await client.send('GET', base)).json as { data: Endpoint[] };
  const off = data.find(({ id }) => id === endpoint.id);
  assert.equal(off?.enabled, false);
  assert.equal(off?.disabled_reason, 'The receiver answered 410 Gone.');
  assert.ok(data.find(({ id }) => id === other.id));
  const { rows } = await pool.query('select distinct state from webhook_deliveries where endpoint_id = $1', [
    endpoint.id,
  ]);
  assert.deepEqual(rows, [{ state: 'cancelled' }]);
  await publish();
  const replay = await client.send('POST', `${base}/${endpoint.id}/deliveries/${await publish()}/replay`);
  assert.equal(replay.status, 409);
  const on = await client.send('PATCH', `${base}/${endpoint.id}`, { enabled: true });
  assert.equal((on.json as Endpoint).disabled_reason, undefined);
});

test('an event that has ended is sent again on demand, its retries from the start', async () => {
  const endpoint = await create();
  const eventId = await publish();
  await deliver();
  const path = `${base}/${endpoint.id}/deliveries/${eventId}/replay`;
  assert.equal((await client.send('POST', path)).status, 202);
  assert.equal((await client.send('POST', path)).status, 202, 'twice is once');
  receiver.next({ status: 500 });
  assert.equal(await deliver(), 1);
  const again = await read(endpoint, eventId);
  assert.ok(Date.parse(again.next_attempt_at!) - now.getTime() < 10_000, 'the first delay again');
  pass(10);
  await deliver();
  const { state, log } = await read(endpoint, eventId);
  assert.equal(state, 'delivered');
  assert.deepEqual(
    log.map(({ attempt, status }) => [attempt, status]),
    [
      [1, 200],
      [2, 500],
      [3, 200],
    ],
  );
  assert.equal((await client.send('POST', path.replace(eventId, endpoint.id))).status, 404);
});

test('a test event goes to one endpoint, whatever it wants', async () => {
  const endpoint = await create({ event_types: ['event.cancelled'] });
  await create();
  const answer = await client.send('POST', `${base}/${endpoint.id}/test`);
  assert.equal(answer.status, 202);
  await deliver();
  assert.equal(receiver.log.length, 1);
  assert.equal(verify(receiver.log[0]!, endpoint.secret).type, 'webhook.test');
});

test('while a secret is being changed both sign, and then the new one alone', async () => {
  const endpoint = await create();
  const { secret } = (await client.send('POST', `${base}/${endpoint.id}/rotate-secret`)).json as {
    secret: string;
  };
  await publish();
  await deliver();
  verify(receiver.log[0]!, endpoint.secret);
  verify(receiver.log[0]!, secret);
  const signatures = () => String(receiver.log.at(-1)?.headers['webhook-signature']).split(' ').length;
  assert.equal(signatures(), 2);
  pass(86_401);
  await publish();
  await deliver();
  assert.equal(signatures(), 1);
});

/** Lets workers take what is due at the same instant. */
async function claimAtOnce(workers: number, wrap = (tx: Tx): Tx => tx): Promise<string[]> {
  const limits = { rows: 8, rowsOfEndpoint: 5, leaseSeconds: 60, busy: [] };
  const claimed = await Promise.all(
    Array.from({ length: workers }, () => transact(pool, (tx) => claimDeliveries(wrap(tx), now, limits))),
  );
  return claimed.flat().map(({ endpointId, eventId }) => `${endpointId} ${eventId}`);
}

/** Lets workers choose by the statement without its lock, all of them before any of them writes. */
function claimUnguarded(): Promise<string[] | 'failed'> {
  const guard = 'for update skip locked) d';
  const wrap = (tx: Tx) =>
    ({
      query({ text, values = [] }: Statement) {
        assert.ok(text.includes(guard));
        const waits = `) d cross join lateral (select pg_advisory_xact_lock_shared(${gate}) where d.event_id is not null offset 0) g`;
        return tx.query({ text: text.replace(guard, waits), values });
      },
    }) as Tx;
  return throughGate(pool, { query: 'webhook_deliveries', count: 3 }, () =>
    claimAtOnce(3, wrap).catch(() => 'failed' as const),
  );
}

test('two workers never take the same delivery', async () => {
  for (let i = 0; i < 4; i++) await create();
  for (let i = 0; i < 10; i++) await publish();
  const keys = await claimAtOnce(6);
  assert.ok(keys.length > 8);
  assert.equal(new Set(keys).size, keys.length);
  const all = { rows: 100, rowsOfEndpoint: 100, leaseSeconds: 60, busy: [] };
  const rest = await transact(pool, (tx) => claimDeliveries(tx, now, all));
  assert.equal(keys.length + rest.length, 40);
  assert.equal(await deliver(), 0, 'all are taken');
  pass(61);
  assert.equal(await deliver(), 20, 'their workers died: five of each endpoint are tried again');
  // The control: without its lock the same statement gives one delivery to several, or fails.
  pass(61);
  const unguarded = await claimUnguarded();
  assert.ok(unguarded === 'failed' || new Set(unguarded).size < unguarded.length);
});

test('an endpoint that hangs keeps no other waiting', async () => {
  const slow = await create({ url: `${receiver.url}/slow` });
  for (let i = 0; i < 30; i++) await publish();
  const quick = await create({ url: `${receiver.url}/quick` });
  const eventId = await publish();
  receiver.on('/slow', 'hang');
  const slowly = createWebhookSender({ loopbackAllowed: true, timeoutSeconds: 600 });
  const own = courierBy(slowly);
  assert.equal(await own.begin(), 6);
  await waitUntil('it is delivered', async () => (await read(quick, eventId)).state === 'delivered');
  // While the slow one still hangs, the quick one gets whatever comes, and the slow one no more.
  for (let i = 0; i < 3; i++) {
    const next = await publish();
    assert.equal(await own.begin(), 1);
    await waitUntil('it is delivered', async () => (await read(quick, next)).state === 'delivered');
  }
  const slowOnes = () => receiver.log.filter(({ path }) => path === '/slow').length;
  await waitUntil('all of its requests have come', () => slowOnes() >= 5);
  assert.equal(slowOnes(), 5);
  assert.equal((await read(slow, eventId)).attempts, 0);
  await slowly.close();
  await own.ended();
});

test('what is older than the log is forgotten, but not what is on its way', async () => {
  const endpoint = await create();
  const done = await publish();
  await deliver();
  const waiting = await publish();
  pass(31 * 86_400);
  const before = new Date(now.getTime() - 30 * 86_400_000);
  assert.equal(await transact(pool, (tx) => forgetWebhookEvents(tx, before, 100)), 1);
  assert.equal((await client.send('GET', `${base}/${endpoint.id}/deliveries/${done}`)).status, 404);
  assert.equal((await read(endpoint, waiting)).state, 'pending');
});

test('deliveries are listed page by page, the newest first', async () => {
  const endpoint = await create();
  const events: string[] = [];
  for (let i = 0; i < 5; i++) {
    events.unshift(await publish());
    pass(1);
  }
  type Page = { data: Delivery[]; has_more: boolean };
  const page = async (query: string) =>
    (await client.send('GET', `${base}/${endpoint.id}/deliveries?limit=2${query}`)).json as Page;
  const first = await page('');
  const second = await page(`&starting_after=${first.data[1]!.event_id}`);
  const last = await page(`&starting_after=${second.data[1]!.event_id}`);
  assert.deepEqual(
    [first, second, last].flatMap(({ data }) => data.map((one) => one.event_id)),
    events,
  );
  assert.deepEqual([first.has_more, second.has_more, last.has_more], [true, true, false]);
});

test("bad input and another seller's endpoint change nothing", async () => {
  const endpoint = await create();
  const bad = [
    { url: 'http://10.0.0.1/' },
    { url: 'https://user:password@hooks.example.com/' },
    { url: 'x' },
    { event_types: [] },
    { event_types: ['sale.completed', 'sale.completed'] },
    { event_types: ['webhook.test'] },
    { event_types: 'sale.completed' },
    { enabled: 'yes' },
    { fax: 1 },
  ];
  for (const body of bad) {
    const answer = await client.send('PATCH', `${base}/${endpoint.id}`, body);
    assert.equal(answer.status, 422, JSON.stringify(body));
  }
  const foreign = base.replace('/1/', '/2/');
  const calls: [string, string, unknown?][] = [
    ['GET', ''],
    ['PATCH', '', { enabled: false }],
    ['DELETE', ''],
    ['POST', '/test'],
    ['POST', '/rotate-secret'],
    ['GET', '/deliveries'],
    ['GET', `/deliveries/${ids.uuid()}`],
    ['POST', `/deliveries/${ids.uuid()}/replay`],
  ];
  for (const [method, path, body] of calls) {
    assert.equal(
      (await client.send(method, `${foreign}/${endpoint.id}${path}`, body)).status,
      404,
      `${method} ${path}`,
    );
  }
  const read1 = await client.send('GET', `${base}/${endpoint.id}`);
  assert.deepEqual((read1.json as Endpoint).event_types, ['sale.completed', 'sale.paid']);
  assert.ok(!('secret' in (read1.json as object)));
  for (let i = 1; i < 20; i++) await create();
  const tooMany = await client.send('POST', base, {
    url: 'https://hooks.example.com/',
    event_types: ['sale.paid'],
  });
  assert.equal((tooMany.json as { code: string }).code, 'webhook_endpoints_limit');
  assert.equal((await client.send('DELETE', `${base}/${endpoint.id}`)).status, 204);
  assert.equal((await client.send('GET', `${base}/${endpoint.id}`)).status, 404);
});

test('what is done to an endpoint is in the audit log, and its secret is not', async () => {
  const endpoint = await create();
  await client.send('PATCH', `${base}/${endpoint.id}`, { enabled: false });
  await client.send('PATCH', `${base}/${endpoint.id}`, { enabled: true });
  await client.send('POST', `${base}/${endpoint.id}/rotate-secret`);
  await client.send('POST', `${base}/${endpoint.id}/test`);
  const eventId = await publish();
  await client.send('POST', `${base}/${endpoint.id}/deliveries/${eventId}/replay`);
  await client.send('DELETE', `${base}/${endpoint.id}`);
  const entries = await client.send('GET', '/sellers/1/audit-log?limit=7');
  const { data } = entries.json as { data: { verb: string; object: { kind: string; id: string } }[] };
  assert.deepEqual(
    data.map(({ verb }) => verb),
    ['delete', 'replay', 'test', 'rotate', 'change', 'change', 'create'],
  );
  assert.ok(data.every(({ object }) => object.kind === 'webhook_endpoint' && object.id === endpoint.id));
  assert.ok(!entries.text.includes('whsec_'));
});
