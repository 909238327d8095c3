import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { runAudit } from '../../src/audit/run-audit.ts';
import { drawnPlan } from '../support/drawn-plan.ts';
import type { Answer } from '../support/http-client.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { waitUntil } from '../support/wait.ts';

type Json = Record<string, unknown>;
type Draft = {
  id: string;
  version: number;
  status: string;
  starts_at: string;
  starts_at_local: string;
  sales_end_at: string;
  places: number;
  seat_plan: { id: number; version: number } | null;
  look: Json;
};
type Missing = { code: string; blocks: boolean };

let hall: IdentityHall;
let administrator: Browser;
let owner: Browser;
/** The seller that the tests make from nothing. */
let seller: number;
let base: string;

const ok = async <T = Json>(answer: Promise<Answer>): Promise<T> => {
  const { status, text, json } = await answer;
  assert.ok(status < 300, `${status} ${text}`);
  return json as T;
};
const newSeller = {
  name: 'Teatro Nuevo',
  legal_name: 'Teatro Nuevo, C.A.',
  tax_id: 'J-31234567-8',
  timezone: 'America/Caracas',
  currency: 'USD',
  series: { prefix: 'T-' },
  owner: { email: 'duena@example.com', name: 'Dueña' },
};

before(async () => {
  hall = await startIdentityHall(0);
  administrator = await signedIn(hall.pool, hall.client, 0, 'administrator');
  const other = { ...newSeller, name: 'Teatro Viejo', owner: { email: 'otro@example.com' } };
  assert.deepEqual((await ok(administrator.send('POST', '/sellers', other)))['id'], 1);
  ({ id: seller } = await ok<{ id: number }>(administrator.send('POST', '/sellers', newSeller)));
  base = `/sellers/${seller}`;
  owner = await signedIn(hall.pool, hall.client, seller, 'owner');
});
after(async () => {
  const { violations, lines } = await runAudit(hall.pool);
  await hall.stop();
  assert.equal(violations, 0, JSON.stringify(lines.filter((line) => line.count > 0)));
});

async function createVenue(timezone = 'America/Caracas'): Promise<number> {
  return (await ok<{ id: number }>(owner.send('POST', `${base}/venues`, { name: 'Sala Uno', timezone }))).id;
}

async function createPlan(venueId: number, document = drawnPlan(3, 5, 20)): Promise<number> {
  const body = { name: 'Plano', venue_id: venueId, document };
  return (await ok<{ id: number }>(owner.send('POST', `${base}/seat-plans`, body))).id;
}

/** A draft with a plan of 15 seats and 20 standing places. */
async function createDraft(changes: Json = {}): Promise<Draft> {
  const venueId = await createVenue();
  const planId = await createPlan(venueId);
  const body = {
    name: 'Estreno',
    venue_id: venueId,
    starts_at: '2037-05-08T20:30',
    seat_plan_id: planId,
    ...changes,
  };
  return await ok<Draft>(owner.send('POST', `${base}/events`, body));
}

const at = ({ id }: Draft, path = '') => `${base}/events/${id}${path}`;
const read = (draft: Draft) => ok<Draft>(owner.send('GET', at(draft)));
const matching = (version: number) => ({ 'if-match': `"${version}"` });

async function price(draft: Draft, changes: Json = {}): Promise<Json> {
  const { event_id: _, ...list } = await ok(owner.send('GET', at(draft, '/price-list')));
  const categories = [{ name: 'Platea', price: 4_000 }];
  const zones = (list['zones'] as { zone_id: string; price: number | null }[]).map((zone) => ({
    ...zone,
    price: zone.price === null ? null : 1_500,
  }));
  return await ok(owner.send('PUT', at(draft, '/price-list'), { ...list, categories, zones, ...changes }));
}

/** A published event with prices. */
async function publish(): Promise<Draft> {
  const draft = await createDraft();
  await price(draft);
  return await ok<Draft>(owner.send('POST', at(draft, '/publish')));
}

const publicEvent = ({ id }: Draft) => hall.client.send('GET', `/events/${id}`);
const hold = (draft: Draft, seats: number[]) =>
  hall.client.send('POST', '/sales/holds', {
    event_id: draft.id,
    seats: seats.map((no) => `${draft.id}-s${no}`),
  });

/** Gives an event a changed plan. */
async function redraw(draft: Draft, document: unknown): Promise<Answer> {
  const { version, seat_plan } = await read(draft);
  const plan = `${base}/seat-plans/${seat_plan!.id}`;
  const saved = await ok<{ version: number; venue_id: number }>(owner.send('GET', plan));
  const body = { name: 'Plano', venue_id: saved.venue_id, document };
  await ok(owner.send('PUT', plan, body, matching(saved.version)));
  const chosen = { seat_plan_id: seat_plan!.id };
  return await owner.send('PUT', at(draft, '/seat-plan'), chosen, matching(version));
}

test('a seller is made by an administrator alone, with all that it needs to sell', async () => {
  assert.equal(outcomeOf(await owner.send('POST', '/sellers', newSeller)), 'seller_not_found');
  assert.equal(outcomeOf(await hall.client.send('POST', '/sellers', newSeller)), 'unauthenticated');
  const wrong = { ...newSeller, timezone: 'Mars/Olympus', currency: 'USD' };
  assert.equal(outcomeOf(await administrator.send('POST', '/sellers', wrong)), 'body_invalid');
  const { rows } = await hall.pool.query(
    'select (select count(*) from seller_keys where tenant_id = $1)::int as keys, (select count(*) from fiscal_series where tenant_id = $1)::int as series',
    [seller],
  );
  assert.deepEqual(rows, [{ keys: 1, series: 2 }]);
});

test('from nothing to the shop: venue, plan, event, prices, published', async () => {
  const draft = await createDraft();
  assert.equal(draft.starts_at, '2037-05-09T00:30:00.000Z');
  assert.equal(draft.starts_at_local, '2037-05-08T20:30');
  assert.equal(draft.places, 35);
  assert.equal(outcomeOf(await publicEvent(draft)), 'event_not_found');
  assert.equal(outcomeOf(await hall.client.send('GET', `/events/${draft.id}/seats`)), 'event_not_found');
  assert.equal(outcomeOf(await hold(draft, [1])), 'event_not_found');

  const { missing } = await ok<{ missing: Missing[] }>(owner.send('GET', at(draft, '/readiness')));
  assert.deepEqual(
    missing.map(({ code, blocks }) => [code, blocks]),
    [
      ['prices_missing', true],
      ['taxes_missing', false],
      ['description_missing', false],
      ['picture_missing', false],
    ],
  );
  const refused = await owner.send('POST', at(draft, '/publish'));
  assert.equal(outcomeOf(refused), 'event_not_ready');
  assert.deepEqual((refused.json as { missing: Missing[] }).missing, missing);

  await price(draft);
  const tax = { name: 'IVA', kind: 'percentage', rate_ppm: 160_000, inclusion: 'added' };
  await ok(owner.send('POST', `${base}/taxes`, { ...tax, event_id: draft.id }));
  const published = await ok<Draft>(owner.send('POST', at(draft, '/publish')));
  assert.equal(published.status, 'published');
  await waitUntil('the server has heard of it', async () => (await publicEvent(draft)).status === 200);
  const shown = (await publicEvent(draft)).json as { zones: { name: string; price: number }[] };
  assert.deepEqual(
    shown.zones.map(({ name, price: lowest }) => [name, lowest]),
    [
      ['Sala', 4_000],
      ['De pie', 1_500],
    ],
  );
  assert.equal((await hold(draft, [1, 2])).status, 201);
  assert.equal(outcomeOf(await owner.send('POST', at(draft, '/withdraw'))), 'event_on_sale');
});

test('a published event of which nothing is held can be a draft again, and nobody sees it then', async () => {
  const event = await publish();
  await waitUntil('the server has heard of it', async () => (await publicEvent(event)).status === 200);
  assert.equal(outcomeOf(await owner.send('POST', at(event, '/publish'))), 'event_published');
  const moved = await owner.send(
    'PATCH',
    at(event),
    { starts_at: '2037-06-01T20:00' },
    matching(event.version),
  );
  assert.equal(outcomeOf(moved), 'event_published');
  await ok(owner.send('POST', at(event, '/withdraw')));
  await waitUntil('the server has heard of it', async () => (await publicEvent(event)).status === 404);
  assert.equal(outcomeOf(await hold(event, [1])), 'event_not_found');
});

test('two who change the same event are told: 412 with what is there now', async () => {
  const draft = await createDraft();
  const changed = await owner.send('PATCH', at(draft), { name: 'Gala' }, matching(draft.version));
  assert.equal(changed.headers['etag'], `"${draft.version + 1}"`);
  const late = await owner.send('PATCH', at(draft), { name: 'Otra' }, matching(draft.version));
  assert.equal(late.status, 412);
  assert.equal((late.json as { current: { name: string } }).current.name, 'Gala');
  assert.equal(outcomeOf(await owner.send('PATCH', at(draft), { name: 'Otra' })), 'if_match_missing');
  const { version } = await read(draft);
  for (const [body, field] of [
    [{ starts_at: '2037-02-30T20:00' }, '/starts_at'],
    [{ starts_at: '2020-02-01T20:00' }, '/sales_end_at'],
    [{ sales_start_at: '2037-05-10T00:00' }, '/sales_end_at'],
    [{ venue_id: 999 }, '/venue_id'],
  ] as const) {
    const answer = await owner.send('PATCH', at(draft), body, matching(version));
    assert.equal(outcomeOf(answer), 'body_invalid', JSON.stringify(body));
    assert.equal((answer.json as { errors: { path: string }[] }).errors[0]!.path, field);
  }
  assert.equal((await read(draft)).version, version);
});

test('a venue and a plan have versions, too; one that an event has stays as it is', async () => {
  const draft = await createDraft();
  const { seat_plan } = await read(draft);
  const plan = `${base}/seat-plans/${seat_plan!.id}`;
  const first = await ok(owner.send('GET', plan));
  const body = { name: 'Otro plano', venue_id: first['venue_id'], document: drawnPlan(2, 2) };
  await ok(owner.send('PUT', plan, body, matching(1)));
  assert.equal((await owner.send('PUT', plan, body, matching(1))).status, 412);
  await ok(owner.send('PUT', plan, body, matching(2)));
  assert.deepEqual((await ok(owner.send('GET', `${plan}?version=1`)))['document'], first['document']);
  assert.equal(outcomeOf(await owner.send('GET', `${plan}?version=2`)), 'seat_plan_not_found');
  assert.equal((await read(draft)).places, 35);

  const venue = `${base}/venues/${String(first['venue_id'])}`;
  const renamed = { name: 'Sala Dos', timezone: 'America/Caracas' };
  await ok(owner.send('PUT', venue, renamed, matching(1)));
  assert.equal((await owner.send('PUT', venue, renamed, matching(1))).status, 412);
});

test('a plan that cannot be used is refused by zone, row and seat, and nothing is stored', async () => {
  const venueId = await createVenue();
  const document = drawnPlan(1, 3);
  const [zone] = document.zones;
  if (zone?.kind === 'numbered') zone.rows[0]!.seats[2]!.label = '1';
  const answer = await owner.send('POST', `${base}/seat-plans`, { name: 'Mal', venue_id: venueId, document });
  assert.equal(outcomeOf(answer), 'seat_plan_invalid');
  const { errors } = answer.json as { errors: { message: string }[] };
  assert.deepEqual(
    errors.map(({ message }) => message),
    ['zone "Sala", row "A", seat "1": stands twice'],
  );
});

test('held and sold seats cannot vanish; others may, and what was sold keeps its number', async () => {
  const event = await publish();
  await waitUntil('the server has heard of it', async () => (await hold(event, [2])).status === 201);
  const without = drawnPlan(3, 5, 20);
  const [zone] = without.zones;
  if (zone?.kind === 'numbered') zone.rows[0]!.seats.splice(1, 1);
  const refused = await redraw(event, without);
  assert.equal(outcomeOf(refused), 'seats_in_use');
  const { places } = refused.json as { places: Json[] };
  assert.deepEqual(
    places.map((place) => [place['seat_id'], place['place'], place['reason']]),
    [[`${event.id}-s2`, 'Sala A-2', 'gone']],
  );

  const next = drawnPlan(4, 5, 20);
  const [sala] = next.zones;
  if (sala?.kind === 'numbered') {
    sala.rows[2]!.seats.splice(0, 5);
    sala.rows.splice(2, 1);
    Object.assign(sala.rows[1]!.seats[0]!, { blocked: true, traits: ['restricted_view'] });
  }
  await ok(redraw(event, next).then((answer) => answer));
  type Seats = { seats: { id: string; row: string; traits?: string[] }[] };
  const seats = async () =>
    ((await hall.client.send('GET', `/events/${event.id}/seats`)).json as Seats).seats;
  await waitUntil('the server has heard of it', async () => (await seats()).some(({ row }) => row === 'D'));
  const shown = await seats();
  assert.equal(shown.length, 15);
  assert.deepEqual(
    shown.filter(({ row }) => row === 'D').map(({ id }) => id),
    [16, 17, 18, 19, 20].map((no) => `${event.id}-s${no}`),
  );
  assert.deepEqual(shown.find(({ id }) => id === `${event.id}-s6`)!.traits, ['restricted_view']);
  // Left out, blocked, and a new one.
  assert.equal(outcomeOf(await hold(event, [11])), 'seat_unavailable');
  assert.equal(outcomeOf(await hold(event, [6])), 'seat_unavailable');
  assert.equal((await hold(event, [16])).status, 201);
});

test('a copy has plan, prices, taxes and look of its model, and its stages move with it', async () => {
  const draft = await createDraft();
  const until = '2037-05-01T00:00:00.000Z';
  const stage = { code: 'early', name: 'Preventa', until, change: { kind: 'percentage', value: -100_000 } };
  await price(draft, { stages: [stage] });
  const copy = await ok<Draft>(
    owner.send('POST', at(draft, '/duplicate'), { name: 'Reestreno', starts_at: '2037-05-15T20:30' }),
  );
  assert.equal(copy.status, 'draft');
  assert.equal(copy.places, 35);
  assert.equal(copy.sales_end_at, '2037-05-16T00:30:00.000Z');
  const list = await ok<{ stages: { until: string }[]; categories: Json[] }>(
    owner.send('GET', at(copy, '/price-list')),
  );
  assert.deepEqual(list.categories, [{ name: 'Platea', price: 4_000 }]);
  assert.equal(list.stages[0]!.until, '2037-05-08T00:00:00.000Z');
  assert.equal((await ok<Draft>(owner.send('POST', at(copy, '/publish')))).status, 'published');
});

test('a rule makes its dates by the clock of the venue, all or none', async () => {
  const venueId = await createVenue('Europe/Madrid');
  const planId = await createPlan(venueId);
  const draft = await createDraft({
    venue_id: venueId,
    seat_plan_id: planId,
    starts_at: '2037-03-21T20:30',
  });
  const rule = { frequency: 'weekly', count: 2 };
  const preview = await ok<{ data: { starts_at: string }[] }>(
    owner.send('POST', at(draft, '/date-previews'), rule),
  );
  // Clocks go forward on 29 March 2037.
  const expected = ['2037-03-28T19:30:00.000Z', '2037-04-04T18:30:00.000Z'];
  assert.deepEqual(
    preview.data.map(({ starts_at }) => starts_at),
    expected,
  );
  const made = await ok<{ data: Draft[] }>(owner.send('POST', at(draft, '/recurrences'), rule));
  assert.deepEqual(
    made.data.map(({ starts_at, places }) => [starts_at, places]),
    expected.map((starts) => [starts, 35]),
  );
  for (const wrong of [
    { frequency: 'weekly' },
    { frequency: 'daily', count: 1, until: '2037-04-01' },
    { frequency: 'daily', weekdays: ['mo'], count: 2 },
    { frequency: 'daily', until: '2037-02-31' },
    { frequency: 'daily', until: '2039-01-01' },
  ]) {
    assert.equal(
      outcomeOf(await owner.send('POST', at(draft, '/recurrences'), wrong)),
      'recurrence_invalid',
      JSON.stringify(wrong),
    );
  }
});

test('a picture is kept by its content, shown by the event, and nothing else is taken for one', async () => {
  const bytes = createCanvas(40, 30).toBuffer('image/png');
  const upload = (body: Buffer, type = 'image/png') =>
    owner.send('POST', `${base}/images`, body, { 'content-type': type });
  const image = await ok<{ id: string; url: string; width: number }>(upload(bytes));
  assert.deepEqual([image.width, (await ok<{ id: string }>(upload(bytes))).id], [40, image.id]);
  const shown = await fetch(`${hall.url}${image.url}`);
  assert.equal(shown.headers.get('content-type'), 'image/png');
  assert.match(shown.headers.get('cache-control')!, /immutable/);
  assert.deepEqual(Buffer.from(await shown.arrayBuffer()), bytes);
  assert.equal(outcomeOf(await upload(Buffer.from('<svg/>'))), 'image_invalid');
  assert.equal(outcomeOf(await upload(bytes, 'image/svg+xml')), 'media_type_unsupported');
  assert.equal(outcomeOf(await upload(Buffer.alloc(2_200_000))), 'body_too_large');

  const event = await publish();
  const look = { color: '#1c6640', picture: image.id };
  await ok(owner.send('PATCH', at(event), { look }, matching(event.version)));
  await waitUntil(
    'the server has heard of it',
    async () => 'look' in ((await publicEvent(event)).json as Json),
  );
  assert.deepEqual(((await publicEvent(event)).json as Json)['look'], {
    color: '#1c6640',
    picture_url: image.url,
  });
  const missing = { look: { logo: 'f'.repeat(64) } };
  const answer = await owner.send('PATCH', at(event), missing, matching(event.version + 1));
  assert.equal(outcomeOf(answer), 'image_not_found');
});

test('a file is read as the importers read it, and tells its faults by line', async () => {
  const send = (text: string) =>
    owner.send('POST', `${base}/seat-plan-previews`, text, { 'content-type': 'text/csv' });
  const csv = 'zone,row,seat,x,y,category\nSala,A,1,10,10,Platea\nSala,A,2,30,10,Platea\n';
  const read2 = await ok<{ seats: number; document: unknown }>(send(csv));
  assert.equal(read2.seats, 2);
  const venueId = await createVenue();
  await createPlan(venueId, read2.document as ReturnType<typeof drawnPlan>);
  assert.equal(outcomeOf(await send('zone,row\nA,1\n')), 'seat_plan_invalid');
});

test("another seller's venues, plans, events and pictures are not there", async () => {
  const draft = await createDraft();
  const venueId = await createVenue();
  const planId = await createPlan(venueId);
  const stranger = await signedIn(hall.pool, hall.client, 1, 'owner');
  const outcomes = await Promise.all([
    stranger.send('GET', `/sellers/1/events/${draft.id}`),
    stranger.send('POST', `/sellers/1/events/${draft.id}/duplicate`, { starts_at: '2037-05-15T20:30' }),
    stranger.send('POST', `/sellers/1/events/${draft.id}/publish`),
    stranger.send('GET', `/sellers/1/venues/${venueId + 50}`),
    stranger.send('GET', `/sellers/1/seat-plans/${planId}`),
    stranger.send('GET', `/sellers/${seller}/seat-plans/${planId}`),
  ]);
  assert.deepEqual(outcomes.map(outcomeOf), [
    'event_not_found',
    'event_not_found',
    'event_not_found',
    'venue_not_found',
    'seat_plan_not_found',
    'seller_not_found',
  ]);
});

test('what was changed is in the audit log', async () => {
  const draft = await createDraft();
  await ok(owner.send('PATCH', at(draft), { name: 'Gala' }, matching(draft.version)));
  const { rows } = await hall.pool.query(
    `select verb from audit_log where tenant_id = $1 and object_id = $2 order by entry_id`,
    [seller, draft.id],
  );
  assert.deepEqual(
    rows.map(({ verb }) => verb),
    ['create', 'change'],
  );
});
