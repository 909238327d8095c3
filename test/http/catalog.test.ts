import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { after, test } from 'node:test';
import { formatEventId, systemClock, type EventKey } from '../../src/base/ids.ts';
import { FREE, HELD, SOLD } from '../../src/catalog/availability.ts';
import { EventCache } from '../../src/catalog/event-cache.ts';
import { createEvent, tellCatalogChanged } from '../../src/catalog/event.store.ts';
import { importPlan } from '../../src/catalog/import-plan.ts';
import { listEventsRoute } from '../../src/catalog/list-events.route.ts';
import { parsePretixPlan } from '../../src/catalog/pretix-plan.ts';
import { readAvailabilityRoute } from '../../src/catalog/read-availability.route.ts';
import { readEventRoute } from '../../src/catalog/read-event.route.ts';
import { readSeatsRoute } from '../../src/catalog/read-seats.route.ts';
import { createSeller, ensureVenue } from '../../src/catalog/seller.store.ts';
import { streamAvailabilityRoute } from '../../src/catalog/stream-availability.route.ts';
import { counterMethods } from '../../src/payments/payment.ts';
import { createNotices } from '../../src/db/notices.ts';
import { createPool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { startBareServer } from '../support/bare-server.ts';
import { createTestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

const plan = parsePretixPlan(readFileSync(new URL('../fixtures/small-hall.json', import.meta.url), 'utf8'));

const database = await createTestDatabase();
const pool = createPool({ url: database.url, size: 4, name: 'test' });
const tenantId = await transact(pool, (tx) =>
  createSeller(tx, {
    name: 'Sala',
    legalName: 'Sala, C.A.',
    taxId: 'J-2',
    timezone: 'America/Caracas',
    currency: 'USD',
    rounding: 'half_up',
  }),
);
const hall = await newEvent('published', 1);
const notices = createNotices({ url: database.url, pool });
const events = new EventCache({
  reader: reader(pool),
  notices,
  onError: (error) => assert.fail(String(error)),
});
await events.start();
const server = await startBareServer({
  mount: (app, streams) => {
    const deps = {
      events,
      clock: systemClock,
      reader: reader(pool),
      streams,
      paymentMethods: counterMethods,
    };
    listEventsRoute(app, deps);
    readEventRoute(app, deps);
    readSeatsRoute(app, deps);
    readAvailabilityRoute(app, deps);
    streamAvailabilityRoute(app, deps);
  },
});
after(async () => {
  await events.stop();
  await notices.close();
  await pool.end();
  await database.drop();
});

function newEvent(status: 'draft' | 'published' | 'cancelled', inDays: number): Promise<EventKey> {
  const startsAt = new Date(Date.UTC(2090, 0, 1 + inDays));
  return transact(pool, async (tx) => {
    const venue = { name: 'Salón', address: 'Calle 1', timezone: 'America/Caracas' };
    const key = await createEvent(tx, tenantId, {
      venueId: await ensureVenue(tx, tenantId, venue),
      name: `Función ${inDays}`,
      description: null,
      startsAt,
      currency: 'USD',
      status,
      salesStartAt: new Date(0),
      salesEndAt: startsAt,
    });
    const prices = ['Preferente=45', 'General=20.50'];
    await importPlan(tx, key, plan, { prices, general: ['De pie=500@12'], blocked: [] });
    return key;
  });
}

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any

async function read(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ answer: Response; json: Json }> {
  const answer = await fetch(server.url + path, { headers });
  const text = await answer.text();
  return { answer, json: text === '' ? {} : (JSON.parse(text) as Json) };
}

/** A stream's events so far, and a way to wait for the next ones. */
function openStream(
  path: string,
): Promise<{ frames: { event: string; data: Json }[]; ended: Promise<void>; close(): void }> {
  return new Promise((resolve, reject) => {
    const request = get(server.url + path, (answer) => {
      const frames: { event: string; data: Json }[] = [];
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const lines = new Map(
            text
              .slice(0, end)
              .split('\n')
              .map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
          );
          text = text.slice(end + 2);
          if (lines.has('data'))
            frames.push({ event: lines.get('event')!, data: JSON.parse(lines.get('data')!) as Json });
        }
      });
      const ended = new Promise<void>((done) => answer.on('close', done));
      resolve({ frames, ended, close: () => answer.destroy() });
    });
    request.on('error', reject);
  });
}

const until = (condition: () => boolean) => waitUntil('the stream says so', condition);

test('an event shows its zones with the lowest price and what is left', async () => {
  const { answer, json } = await read(`/events/${formatEventId(hall)}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(json, {
    id: `${tenantId}-1`,
    name: 'Función 1',
    seller: { name: 'Sala' },
    venue: { name: 'Salón', address: 'Calle 1' },
    starts_at: '2090-01-02T00:00:00.000Z',
    timezone: 'America/Caracas',
    currency: 'USD',
    on_sale: true,
    sales_start_at: '1970-01-01T00:00:00.000Z',
    sales_end_at: '2090-01-02T00:00:00.000Z',
    zones: [
      { id: `${tenantId}-1-z1`, name: 'Platea', kind: 'numbered', price: 2_050, available: 8, capacity: 8 },
      { id: `${tenantId}-1-z2`, name: 'Palco', kind: 'numbered', price: 2_050, available: 1, capacity: 1 },
      {
        id: `${tenantId}-1-z3`,
        name: 'Palco (2)',
        kind: 'numbered',
        price: 2_050,
        available: 1,
        capacity: 1,
      },
      {
        id: `${tenantId}-1-z4`,
        name: 'De pie',
        kind: 'general',
        price: 1_200,
        available: 500,
        capacity: 500,
      },
    ],
    categories: [
      { name: 'Preferente', color: '#b3202c', price: 4_500 },
      { name: 'General', color: 'rgb(47, 127, 184)', price: 2_050 },
    ],
    ticket_kinds: [],
    asks_customer: false,
    has_hidden_zones: false,
    payment_methods: ['cash', 'card_terminal', 'transfer', 'mobile_payment', 'zelle', 'other'],
  });
});

test('drafts, cancelled events and what does not exist are not found, anywhere', async () => {
  const hidden = [await newEvent('draft', 2), await newEvent('cancelled', 3)].map(formatEventId);
  for (const id of [
    ...hidden,
    `${tenantId}-999`,
    '99-1',
    'x',
    '1',
    '1-1-1',
    '-1-1',
    '1-0',
    '99999999999-1',
  ]) {
    for (const rest of ['', '/seats', '/availability', '/availability/stream']) {
      const { answer, json } = await read(`/events/${id}${rest}`);
      assert.equal(answer.status, 404, id + rest);
      assert.equal(json['code'], 'event_not_found');
    }
  }
  const { json } = await read('/events?limit=100');
  const listed = (json['data'] as Json[]).map((event) => event['id'] as string);
  assert.ok(!hidden.some((id) => listed.includes(id)));
});

test('the list goes on where a page ended', async () => {
  const more = [await newEvent('published', 5), await newEvent('published', 4)];
  const first = await read('/events?limit=2');
  assert.deepEqual(
    [first.json['data'].map((event: Json) => event['id']), first.json['has_more']],
    [[formatEventId(hall), formatEventId(more[1]!)], true],
  );
  const next = await read(`/events?limit=2&starting_after=${formatEventId(more[1]!)}`);
  assert.deepEqual(
    [next.json['data'].map((event: Json) => event['id']), next.json['has_more']],
    [[formatEventId(more[0]!)], false],
  );
  for (const query of ['limit=0', 'limit=1000', 'limit=x', 'starting_after=x', 'order=name']) {
    const { answer, json } = await read(`/events?${query}`);
    assert.equal(answer.status, 422, query);
    assert.match(json['errors'][0]['path'], /^query\//);
  }
});

test('the seat plan comes as objects and as columns, and both say the same', async () => {
  const { json } = await read(`/events/${formatEventId(hall)}/seats`);
  const columns = (await read(`/events/${formatEventId(hall)}/seats?format=columns`)).json;
  assert.equal(json['event_id'], formatEventId(hall));
  assert.deepEqual(json['size'], { width: 600, height: 420 });
  assert.deepEqual(json['seats'][0], {
    id: `${tenantId}-1-s1`,
    zone_id: `${tenantId}-1-z1`,
    row: 'A',
    number: '3',
    x: 110,
    y: 120,
    category: 'Preferente',
    price: 4_500,
  });
  const standing = (json['areas'] as Json[]).find((area) => area['zone_id'] !== undefined);
  assert.deepEqual(
    [standing?.['shape'], standing?.['zone_id'], standing?.['rotation']],
    ['ellipse', `${tenantId}-1-z4`, 15],
  );
  const { seats, ...rest } = columns;
  assert.deepEqual({ ...json, seats: undefined }, { ...rest, seats: undefined });
  for (const [i, seat] of (json['seats'] as Json[]).entries()) {
    const fromColumns = Object.fromEntries(Object.keys(seat).map((key) => [key, (seats as Json)[key][i]]));
    assert.deepEqual(
      { ...fromColumns, category: json['categories'][fromColumns['category'] as number]['name'] },
      seat,
    );
  }
  assert.equal((await read(`/events/${formatEventId(hall)}/seats?format=rows`)).answer.status, 422);
});

test('a plan that is known is not sent again, until its prices change', async () => {
  const path = `/events/${formatEventId(hall)}/seats`;
  const { answer } = await read(path);
  const etag = answer.headers.get('etag')!;
  assert.match(answer.headers.get('cache-control')!, /no-cache/);
  for (const known of [etag, `"x", ${etag}`, '*']) {
    const again = await read(path, { 'if-none-match': known });
    assert.deepEqual([again.answer.status, again.answer.headers.get('etag')], [304, etag]);
  }
  assert.equal((await read(path, { 'if-none-match': '"other"' })).answer.status, 200);
  assert.notEqual((await read(`${path}?format=columns`)).answer.headers.get('etag'), etag);
  await transact(pool, (tx) =>
    importPlan(tx, hall, plan, {
      prices: ['Preferente=50', 'General=20.50'],
      general: ['De pie=500@12'],
      blocked: [],
    }),
  );
  // The import tells every process; this one listens as any other does.
  const isNew = async () => (await read(path, { 'if-none-match': etag })).answer.status === 200;
  const deadline = Date.now() + 5_000;
  while (!(await isNew())) assert.ok(Date.now() < deadline, 'the old plan is still served');
  assert.equal((await read(path)).json['seats'][0]['price'], 5_000);
});

test('only what is taken is in the availability', async () => {
  const key = await newEvent('published', 6);
  const path = `/events/${formatEventId(key)}/availability`;
  const id = formatEventId(key);
  assert.deepEqual((await read(path)).json, { event_id: id, seats: {}, zones: { [`${id}-z4`]: 500 } });
  await events.commit(key, {
    seats: [
      { seatNo: 2, state: HELD },
      { seatNo: 9, state: SOLD },
    ],
    zones: [{ zoneNo: 4, left: 493 }],
  });
  const { answer, json } = await read(path);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual(json, {
    event_id: id,
    seats: { [`${id}-s2`]: 'held', [`${id}-s9`]: 'sold' },
    zones: { [`${id}-z4`]: 493 },
  });
});

test('a stream begins with all that is taken and goes on with changes, gathered for a tenth of a second', async () => {
  const key = await newEvent('published', 7);
  const id = formatEventId(key);
  const stream = await openStream(`/events/${id}/availability/stream`);
  await until(() => stream.frames.length === 1);
  const { event, data } = stream.frames[0]!;
  assert.deepEqual([event, data['event_id'], data['zones']], ['snapshot', id, { [`${id}-z4`]: 500 }]);
  const groups = [
    {
      seats: [
        { seatNo: 3, state: HELD },
        { seatNo: 4, state: HELD },
      ],
      zones: [{ zoneNo: 4, left: 499 }],
    },
    {
      seats: [
        { seatNo: 4, state: FREE },
        { seatNo: 5, state: SOLD },
      ],
      zones: [{ zoneNo: 4, left: 498 }],
    },
  ];
  // In the database too: the server reads it again from time to time, and would take back what is not there.
  await pool.query(
    `with seats as (
       update seat_states set state = case seat_no when 3 then 'held' else 'sold' end::seat_state, hold_id = gen_random_uuid()
        where tenant_id = $1 and event_id = $2 and seat_no in (3, 5))
     update zone_counters set held = 2 where tenant_id = $1 and event_id = $2 and zone_no = 4`,
    [key.tenantId, key.eventId],
  );
  await Promise.all(groups.map((change) => events.commit(key, change)));
  await until(() => stream.frames.length === 2);
  assert.deepEqual(stream.frames[1], {
    event: 'change',
    data: {
      event_id: id,
      seats: { [`${id}-s3`]: 'held', [`${id}-s5`]: 'sold' },
      zones: { [`${id}-z4`]: 498 },
    },
  });
  await pool.query(
    `update seat_states set state = 'free', hold_id = null where tenant_id = $1 and event_id = $2 and seat_no = 3`,
    [key.tenantId, key.eventId],
  );
  await events.commit(key, { seats: [{ seatNo: 3, state: FREE }], zones: [] });
  await until(() => stream.frames.length === 3);
  assert.deepEqual(stream.frames[2]!.data['seats'], { [`${id}-s3`]: 'free' });
  const newcomer = await openStream(`/events/${id}/availability/stream`);
  await until(() => newcomer.frames.length === 1);
  assert.equal(newcomer.frames[0]!.data['seats'][`${id}-s5`], 'sold');
  stream.close();
  newcomer.close();
});

test('a stream ends when its event is cancelled, and tells a new plan from the start', async () => {
  const key = await newEvent('published', 8);
  const id = formatEventId(key);
  const stream = await openStream(`/events/${id}/availability/stream`);
  await until(() => stream.frames.length === 1);
  await transact(pool, (tx) =>
    importPlan(tx, key, plan, { prices: ['Preferente=1', 'General=1'], general: [], blocked: [] }),
  );
  await until(() => stream.frames.length === 2);
  assert.deepEqual(stream.frames[1], { event: 'snapshot', data: { event_id: id, seats: {}, zones: {} } });
  await transact(pool, async (tx) => {
    const text = `update events set status = 'cancelled' where tenant_id = $1 and event_id = $2`;
    await tx.query({ text, values: [key.tenantId, key.eventId] });
    await tellCatalogChanged(tx, key);
  });
  await stream.ended;
});
