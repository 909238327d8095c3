import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { systemIds } from '../../src/base/ids.ts';
import { limits } from '../../src/base/limits.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { TicketLooks } from '../../src/fulfilment/ticket-look.store.ts';
import { Announcer, announceReminders } from '../../src/notifications/announce-events.job.ts';
import type { KindData, OccasionKind } from '../../src/notifications/kind-facts.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { openMessageWays } from '../../src/notifications/message-ways.adapter.ts';
import { queueForBuyers } from '../../src/notifications/queue-for-buyers.store.ts';
import { SellerTemplates } from '../../src/notifications/seller-templates.store.ts';
import { QueuedMessages } from '../../src/notifications/send-queued-messages.job.ts';
import { unsubscribeUrl } from '../../src/notifications/unsubscribe-code.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { readSales } from '../../src/orders/sale.store.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { code, startMailServer, type MailServer } from '../support/mail-server.ts';
import { makeSampleSales } from '../support/sample-sales.ts';
import { testPublicUrl, testSecret } from '../support/workers.ts';

let hall: IdentityHall;
let mailServer: MailServer;
let manager: Browser;
let refuse: (address: string) => void = () => {};
const mailers: { close(): void }[] = [];

// A clock of the test's own; the sales of the past are behind every walk.
let now: Date;
const clock = { now: () => now };
const pass = (seconds: number) => (now = new Date(now.getTime() + seconds * 1_000));

before(async () => {
  hall = await startIdentityHall(2, { TAQUILLA_SECRET: testSecret });
  mailServer = await startMailServer({ onRecipient: (address) => refuse(address) });
  manager = await signedIn(hall.pool, hall.client, 1, 'manager');
});
after(async () => {
  for (const mailer of mailers) mailer.close();
  await mailServer.stop();
  await hall.stop();
});
beforeEach(async () => {
  for (const table of ['announcements', 'message_settings', 'message_opt_outs', 'messages'])
    await hall.pool.query(`delete from ${table}`);
  await hall.pool.query('truncate transactions, transaction_items, steps, fiscal_documents, tickets');
  await hall.pool.query(
    `update events set starts_at = now() + interval '10 days', status = 'published', venue_id = 1,
                       sales_start_at = now() - interval '10 days', sales_end_at = now() + interval '9 days'`,
  );
  mailServer.received.length = 0;
  refuse = () => {};
  now = new Date();
});

function createWorker() {
  const { pool } = hall;
  const mailer = createSmtpMailer(mailServer.url);
  mailers.push(mailer);
  const looks = new TicketLooks({ reader: reader(pool), clock });
  const announcer = new Announcer({
    pool,
    clock,
    unsubscribeUrlOf: (tenantId, transactionId) =>
      unsubscribeUrl(testSecret, testPublicUrl, { tenantId, transactionId }),
  });
  const messages = new QueuedMessages({
    pool,
    clock,
    random: () => 0.5,
    log: { warn: assert.fail, error: () => {} },
    turn: async () => {},
    onMessage: () => {},
    ways: openMessageWays({
      mailer,
      textChannels: {},
      sender: 'tickets@seller.example',
      lookOf: (key) => looks.lookOf(key),
      linksOf: (tenantId, id) => saleLinks(testSecret, testPublicUrl, tenantId, id),
    }),
  });
  return { announcer, messages };
}

/** Walks over everything that is due. @returns how many pages there were. */
async function walk({ announcer } = createWorker()): Promise<number> {
  let pages = 0;
  while (await announcer.walkPage()) pages += 1;
  return pages;
}

/** Walks over what is due, and sends it. */
async function work(worker = createWorker()): Promise<void> {
  await walk(worker);
  while ((await worker.messages.takeUp()) > 0) await worker.messages.settle();
}

type Progress = Record<'queued' | 'waiting' | 'sent' | 'taken_back' | 'skipped' | 'failed', number> & {
  kind: string;
  occasion: number;
  ended_at?: string;
};
async function progress(): Promise<Progress[]> {
  const answer = await manager.send('GET', '/sellers/1/events/1-3/announcements');
  return (answer.json as { data: Progress[] }).data;
}

const sell = (count: number, changes: Parameters<typeof makeSampleSales>[1] = {}) =>
  makeSampleSales(hall.pool, { count, ageSeconds: 3_600, ...changes });
const move = (body: object, event = '1-3') => manager.send('POST', `/sellers/1/events/${event}/move`, body);
const cancel = (body: object, event = '1-3') =>
  manager.send('POST', `/sellers/1/events/${event}/cancel`, body);
const soon = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

test('every buyer of an event that moves is told of it once, in their language', async () => {
  await sell(3, { email: 'ana@example.com' });
  await sell(1, { email: 'bob@example.com', locale: 'en' });
  const answer = await move({ starts_at: soon(12), note: 'Un <b>ensayo</b> más.' });
  assert.equal(answer.status, 200, answer.text);
  pass(limits.announcementLagSeconds + 60);
  await work();
  await work();
  assert.equal(mailServer.received.length, 4);
  const english = mailServer.received.find((mail) => mail.to.includes('bob@example.com'));
  assert.equal(english?.parsed.subject, 'Changed: La flauta mágica');
  const spanish = mailServer.received.find((mail) => mail.to.includes('ana@example.com'));
  assert.match(spanish?.parsed.text ?? '', /Fecha anterior: .*\d{4}, \d/);
  assert.match(spanish?.parsed.text ?? '', /Un <b>ensayo<\/b> más/);
  assert.match(String(spanish?.parsed.html), /Un &lt;b&gt;ensayo/);
  assert.equal(spanish?.parsed.headers.has('list'), false, 'a change is no reminder');
  const [told] = await progress();
  assert.deepEqual(
    [told?.kind, told?.queued, told?.sent, told?.waiting, told?.failed],
    ['event_changed', 4, 4, 0, 0],
  );
  assert.ok(told?.ended_at);
  // Again, and each of them hears of it again.
  await move({ note: 'Puertas a las 19:00.' });
  pass(limits.announcementLagSeconds + 60);
  await work();
  assert.equal(mailServer.received.length, 8);
  assert.equal(new Set(mailServer.received.map(({ parsed }) => parsed.messageId)).size, 8);
});

test('a walk goes page by page, and one that is cut off goes on where it stood', async () => {
  await sell(2_500);
  await move({ note: 'x' });
  pass(limits.announcementLagSeconds + 60);
  assert.ok((await walk()) >= 2);
  assert.equal((await progress())[0]?.queued, 2_500);
  // Walked over again from the beginning, as a lost mark would: nobody is told twice.
  await hall.pool.query(
    `update announcements set walked_to = '00000000-0000-0000-0000-000000000000', ended_at = null`,
  );
  await walk();
  const { rows } = await hall.pool.query('select count(*)::integer as count from messages');
  assert.equal(rows[0].count, 2_500);
});

test('sales that are committed late are told, too', async () => {
  await sell(2);
  await sell(1, { ageSeconds: 0 });
  await move({ note: 'x' });
  pass(limits.announcementLagSeconds - 30);
  await work();
  assert.deepEqual(
    [(await progress())[0]?.queued, (await progress())[0]?.ended_at],
    [2, undefined],
    'one with an earlier key than the third may still be on its way to its commit',
  );
  pass(90);
  await work();
  const [told] = await progress();
  assert.equal(told?.queued, 3);
  assert.ok(told?.ended_at);
});

test('a cancelled event sells nothing, is told of once, and takes back what was to be said', async () => {
  await sell(3);
  await move({ starts_at: soon(12) });
  pass(limits.announcementLagSeconds + 60);
  assert.ok((await walk()) > 0);
  const answer = await cancel({ note: 'La sala se inundó.' });
  assert.equal(answer.status, 200, answer.text);
  await work();
  assert.equal(mailServer.received.length, 3);
  for (const { parsed } of mailServer.received) assert.match(parsed.subject ?? '', /^Cancelado/);
  const told = await progress();
  assert.deepEqual(
    told.map((one) => [one.kind, one.queued, one.taken_back, one.waiting]),
    [
      ['event_cancelled', 3, 0, 0],
      ['event_changed', 3, 3, 0],
    ],
  );
  assert.equal(outcomeOf(await cancel({})), 'event_cancelled');
  assert.equal(outcomeOf(await move({ note: 'x' })), 'event_cancelled');
  const hold = await hall.client.send('POST', '/sales/holds', {
    event_id: '1-3',
    zones: [{ zone_id: '1-3-z2', quantity: 1 }],
  });
  assert.notEqual(hold.status, 201);
});

test('what cannot be is refused and changes nothing; each change is in the audit log', async () => {
  const untouched = await hall.pool.query('select * from events order by tenant_id');
  for (const [body, status] of [
    [{ starts_at: '2020-01-01T00:00:00Z' }, 422],
    [{ starts_at: 'tomorrow' }, 422],
    [{ starts_at: '2038-02-31T25:00:00Z' }, 422],
    [{ venue_id: 99 }, 422],
    [{ venue_id: 0 }, 422],
    [{ note: ' ' }, 422],
    [{ note: 'x'.repeat(501) }, 422],
    [{ name: 'x' }, 422],
    [[], 422],
  ] as const) {
    assert.equal((await move(body)).status, status, JSON.stringify(body));
  }
  for (const event of ['1-99', '2-3', 'x', '1-3-s1']) {
    assert.equal(outcomeOf(await move({ note: 'x' }, event)), 'event_not_found', event);
    assert.equal(outcomeOf(await cancel({}, event)), 'event_not_found', event);
  }
  assert.deepEqual(
    await hall.pool.query('select * from events order by tenant_id').then((r) => r.rows),
    untouched.rows,
  );
  assert.deepEqual(await progress(), []);
  await move({ starts_at: soon(20) });
  await cancel({});
  const owner = await signedIn(hall.pool, hall.client, 1, 'owner');
  const { data } = (await owner.send('GET', '/sellers/1/audit-log?limit=10')).json as {
    data: { verb: string; object: { kind: string; id: string } }[];
  };
  const ofEvent = data.filter(({ object }) => object.kind === 'event');
  assert.deepEqual(
    ofEvent.slice(0, 2).map(({ verb, object }) => `${verb} ${object.id}`),
    ['cancel 1-3', 'move 1-3'],
  );
});

const remind = () => announceReminders({ pool: hall.pool, clock, ids: systemIds });
const settings = (body: object) => manager.send('PUT', '/sellers/1/message-settings', body);
const startsAt = (instant: string) =>
  hall.pool.query('update events set starts_at = $1 where tenant_id = 1', [instant]);

test('buyers are reminded once, at the hour that their seller chose, and not at night', async () => {
  await sell(2, { email: 'ana@example.com' });
  // 20:30 in Caracas.
  await startsAt('2038-06-12T00:30:00Z');
  now = new Date('2038-06-11T00:29:00Z');
  await remind();
  assert.deepEqual(await progress(), [], 'a seller that says nothing reminds nobody');
  const body = { channels: ['email'], reminder_hours: 24, quiet_from: '21:00', quiet_until: '08:00' };
  assert.deepEqual((await settings(body)).json, body);
  assert.equal(await remind(), 0, 'not yet');
  pass(120);
  assert.equal(await remind(), 1);
  assert.equal(await remind(), 0, 'once');
  await work();
  assert.equal(mailServer.received.length, 2);
  const { parsed } = mailServer.received[0]!;
  assert.equal(parsed.subject, 'Se acerca: La flauta mágica');
  const list = parsed.headers.get('list') as { unsubscribe: { url: string } };
  assert.match(list.unsubscribe.url, /^https:\/\/tickets\.example\/unsubscribe\/1\.[\w-]{46}$/);
  // It moves by a day: they are reminded again, and by the clock of the hall not at night.
  now = new Date('2038-06-11T12:00:00Z');
  await hall.pool.query(`update announcements set created_at = created_at - interval '1 hour'`);
  await hall.pool.query(
    `insert into announcements (tenant_id, announcement_id, event_id, kind, occasion_no, data, created_at, due_at, deadline_at, walked_to, ended_at)
     values (1, gen_random_uuid(), 3, 'event_changed', 1, '{"old_starts_at": "2038-06-12T00:30:00Z"}', $1, $1, $1, gen_random_uuid(), $1)`,
    [now],
  );
  // 23:00: a day before is at night, so at 8:00 of the day itself.
  await startsAt('2038-06-13T03:00:00Z');
  now = new Date('2038-06-12T03:01:00Z');
  assert.equal(await remind(), 0);
  now = new Date('2038-06-12T12:00:30Z');
  assert.equal(await remind(), 1);
  await work();
  assert.equal(mailServer.received.length, 4);
});

test('a reminder that could not be sent in time waits for the morning, and is not sent after the event', async () => {
  await sell(1);
  await startsAt('2038-06-12T00:30:00Z');
  await settings({ channels: ['email'], reminder_hours: 24, quiet_from: '21:00', quiet_until: '08:00' });
  now = new Date('2038-06-11T00:40:00Z');
  await remind();
  // The worker was away until 23:00.
  now = new Date('2038-06-11T03:00:00Z');
  await work();
  assert.equal(mailServer.received.length, 0);
  now = new Date('2038-06-11T12:00:01Z');
  refuse = () => {
    throw code(451, 'try again later');
  };
  await work();
  assert.equal((await progress())[0]?.waiting, 1);
  refuse = () => {};
  now = new Date('2038-06-12T00:31:00Z');
  await work();
  assert.deepEqual([(await progress())[0]?.failed, mailServer.received.length], [1, 0]);
});

test('who wants no reminders gets none by one click, and everything else', async () => {
  await sell(2, { email: 'Ana@Example.com' });
  await sell(1, { email: 'bob@example.com' });
  await startsAt('2038-06-12T00:30:00Z');
  await settings({ channels: ['email'], reminder_hours: 24, quiet_from: '00:00', quiet_until: '00:00' });
  const { rows } = await hall.pool.query<{ id: string }>(
    `select transaction_id as id from transactions where customer_email ilike 'ana@%' limit 1`,
  );
  const unsubscribe = unsubscribeUrl(testSecret, '', { tenantId: 1, transactionId: rows[0]!.id });
  const visit = async (init?: RequestInit) => {
    const answer = await fetch(new URL(unsubscribe, hall.url), init);
    return { status: answer.status, text: await answer.text() };
  };
  // Programs that look at links must not unsubscribe anybody.
  assert.match((await visit()).text, /No quiero más recordatorios/);
  assert.equal((await hall.pool.query('select from message_opt_outs')).rowCount, 0);
  for (const body of [new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }), formOf('List-Unsubscribe')]) {
    assert.equal((await visit({ method: 'POST', body, redirect: 'manual' })).status, 200);
  }
  assert.equal((await hall.pool.query('select from message_opt_outs')).rowCount, 1);
  now = new Date('2038-06-11T00:31:00Z');
  await remind();
  await work();
  assert.deepEqual(
    mailServer.received.flatMap((mail) => mail.to),
    ['bob@example.com'],
  );
  assert.equal((await progress())[0]?.skipped, 2);
  await move({ note: 'x' });
  now = new Date();
  pass(60);
  await work();
  assert.equal(mailServer.received.length, 4, 'what the sale itself needs to say is said');
  assert.match(
    (await visit({ method: 'POST', body: new URLSearchParams({ choice: 'again' }) })).text,
    /Recibe/,
  );
  assert.equal((await hall.pool.query('select from message_opt_outs')).rowCount, 0);
  const forged = unsubscribe.slice(0, -2) + (unsubscribe.endsWith('AA') ? 'BB' : 'AA');
  for (const url of [forged, '/unsubscribe/x', '/unsubscribe/99999999999.x'])
    assert.equal((await fetch(new URL(url, hall.url), { method: 'POST' })).status, 404, url);
});

function formOf(name: string): FormData {
  const form = new FormData();
  form.set(name, 'One-Click');
  return form;
}

test('each kind is sent from its entry, once, however often it is queued', async () => {
  const ids = await sell(1, { email: 'ana@example.com' });
  const sales = await readSales(reader(hall.pool), 1, ids);
  const voice = await new SellerTemplates({ reader: reader(hall.pool), clock }).voiceOf(1);
  const queue = async <K extends OccasionKind>(kind: K, data: KindData[K], occasionNo = 1) => {
    const deadlineAt = new Date(now.getTime() + 86_400_000);
    const occasion = { kind, occasionNo, notBefore: now, deadlineAt };
    return await transact(hall.pool, (tx) => queueForBuyers(tx, 1, occasion, sales, voice, () => data));
  };
  await queue('confirmation', {});
  await queue('payment_received', { amount: 4_940 });
  await queue('payment_reminder', { amount: 4_940, payBy: new Date('2026-12-01T22:00:00Z') });
  assert.deepEqual(await queue('refund', { amount: 1_000, note: 'Fue un placer.' }), {
    queued: 1,
    skipped: 0,
  });
  assert.deepEqual(await queue('refund', { amount: 1_000, note: 'Fue un placer.' }), {
    queued: 0,
    skipped: 0,
  });
  await queue('refund', { amount: 500, note: null }, 2);
  await work();
  const texts = mailServer.received.map(({ parsed }) => `${parsed.subject}\n${parsed.text}`).toSorted();
  assert.equal(texts.length, 5);
  assert.match(texts.join('\n'), /Devolución[^]*USD\s10,00[^]*Fue un placer/);
  assert.match(texts.join('\n'), /Falta su pago[^]*martes, 1 de diciembre de 2026, 6:00/);
  const { rows } = await hall.pool.query('select kind, occasion_no, state from messages order by 1, 2');
  assert.deepEqual(
    rows.map((row) => `${row.kind} ${row.occasion_no} ${row.state}`),
    ['confirmation', 'payment_received', 'payment_reminder', 'refund'].flatMap((kind) =>
      kind === 'refund' ? ['refund 1 accepted', 'refund 2 accepted'] : [`${kind} 1 accepted`],
    ),
  );
});

test('a message that fails for good is told of to other systems', async () => {
  const owner = await signedIn(hall.pool, hall.client, 1, 'owner');
  const body = { url: 'https://hooks.example.com/', event_types: ['message.failed', 'event.changed'] };
  assert.equal((await owner.send('POST', '/sellers/1/webhook-endpoints', body)).status, 201);
  const [sale] = await sell(1, { email: 'nobody@example.com' });
  refuse = () => {
    throw code(550, 'no such mailbox here');
  };
  await move({ note: 'x' });
  pass(limits.announcementLagSeconds + 60);
  await work();
  assert.equal((await progress())[0]?.failed, 1);
  const { rows } = await hall.pool.query('select type, payload from webhook_events order by type');
  assert.deepEqual(
    rows.map(({ type, payload }) => [type, JSON.parse(payload).data]),
    [
      ['event.changed', { event_id: '1-3' }],
      ['message.failed', { transaction_id: sale, channel: 'email', kind: 'event_changed' }],
    ],
  );
});
