import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { receiverLinks } from '../../src/admission/receiver-links.ts';
import { readPublicKey, verifyTicket } from '../../src/admission/ticket-code.ts';
import { runAudit } from '../../src/audit/run-audit.ts';
import { systemClock } from '../../src/base/ids.ts';
import { reader } from '../../src/db/transaction.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { openTextChannels } from '../../src/notifications/text-channels.adapter.ts';
import { readTransferMessage } from '../../src/notifications/transfer-message.store.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { startTwilioFake, type TwilioFake } from '../support/fakes/twilio.ts';
import { withoutGuard } from '../support/guards.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { outcomeOf, signedIn } from '../support/identity.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { readPdf } from '../support/read-pdf.ts';
import { makeSampleSales } from '../support/sample-sales.ts';
import { startTestWorkers, testPublicUrl, testSecret, type TestWorkers } from '../support/workers.ts';
import { waitUntil } from '../support/wait.ts';

type Ticket = { state: string; code?: string; row?: string; transfer?: { id: string } };
type Tickets = { holder: string; tickets: Ticket[]; links: { page: string; pdf: string; calendar: string } };
type Revoked = {
  data: { id: number; ticket_id: string; generation: number; reason: string }[];
  has_more: boolean;
};

let hall: IdentityHall;
let workers: TestWorkers;
let mailServer: MailServer;
let twilio: TwilioFake;
before(async () => {
  hall = await startIdentityHall(2, { TAQUILLA_SECRET: testSecret });
  [mailServer, twilio] = await Promise.all([startMailServer(), startTwilioFake()]);
  const account = { accountSid: twilio.accountSid, authToken: twilio.authToken, apiUrl: twilio.url };
  const channels = openTextChannels(
    {
      twilio: { ...account, smsFrom: '+15005550006', whatsappFrom: undefined },
      meta: undefined,
      callbacksUrl: undefined,
    },
    systemClock,
  );
  workers = await startTestWorkers(hall.database.url, createSmtpMailer(mailServer.url), channels);
});
after(async () => {
  await workers.stop();
  await Promise.all([mailServer.stop(), twilio.stop()]);
  await hall.stop();
});

/** A sale whose tickets are made, and the paths to them. */
async function sell(
  places = 2,
): Promise<{ id: string; tickets: string; at(itemNo: number, path: string): string }> {
  const [id = ''] = await makeSampleSales(hall.pool, { places });
  await workers.queue.handOver(
    (['tickets', 'statistics'] as const).map((name) => ({ tenantId: 1, transactionId: id, name })),
  );
  await waitUntil('the tickets are made', async () => {
    const { rows } = await hall.pool.query(
      "select from transactions where transaction_id = $1 and status = 'completed'",
      [id],
    );
    return rows.length === 1;
  });
  const { tickets } = saleLinks(testSecret, undefined, 1, id);
  const token = tickets.slice(tickets.indexOf('?'));
  return {
    id,
    tickets: tickets.replace('/tickets.pdf', '/tickets'),
    at: (itemNo, path) => `/sales/transactions/${id}/tickets/${itemNo}/${path}${token}`,
  };
}

const read = async (path: string) => (await hall.client.send('GET', path)).json as Tickets;

async function claimsOf(code: string | undefined) {
  const { rows } = await hall.pool.query<{ public_key: Buffer }>(
    'select public_key from seller_keys where tenant_id = 1',
  );
  const verdict = verifyTicket(code ?? '', () => readPublicKey(rows[0]!.public_key));
  assert.ok(verdict.valid, code);
  return verdict.claims;
}

let receivers = 0;
const receiver = (link: string, name = 'Luis Gómez') => ({
  token: new URL(link, 'https://x.example').searchParams.get('token'),
  accept_key: `accept-key-of-a-browser-${(receivers += 1)}`,
  name,
  email: 'Luis@Example.com',
});

async function offer(
  path: string,
  body?: unknown,
): Promise<{ id: string; link: string; expires_at: string }> {
  const answer = await hall.client.send('POST', path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json as { id: string; link: string; expires_at: string };
}

const accept = (body: unknown) => hall.client.send('POST', '/transfers/accept', body);

test("a buyer's new code verifies as the second, and a scanner hears that the first is refused", async () => {
  const sale = await sell();
  const scanner = await signedIn(hall.pool, hall.client, 1, 'steward');
  const revoked = async (query: string) =>
    (await scanner.send('GET', `/sellers/1/events/1-3/revoked-codes${query}`)).json as Revoked;
  const { data: known } = await revoked('');
  const [old] = (await read(sale.tickets)).tickets;
  assert.equal((await claimsOf(old?.code)).generation, 1);
  const answer = await hall.client.send('POST', sale.at(1, 'reissue'));
  assert.deepEqual(answer.json, { ticket_id: `${sale.id}-1`, generation: 2 });
  const [now, other] = (await read(sale.tickets)).tickets;
  const claims = await claimsOf(now?.code);
  assert.deepEqual([claims.generation, claims.itemNo], [2, 1]);
  assert.equal((await claimsOf(other?.code)).generation, 1);
  await hall.client.send('POST', sale.at(1, 'reissue'));

  const last = known.at(-1)?.id ?? 0;
  const { data, has_more } = await revoked(`?starting_after=${last}`);
  assert.deepEqual(
    data.map(({ id, ticket_id, generation, reason }) => [id - last, ticket_id, generation, reason]),
    [
      [1, `${sale.id}-1`, 1, 'reissued'],
      [2, `${sale.id}-1`, 2, 'reissued'],
    ],
  );
  assert.equal(has_more, false);
  assert.equal((await revoked(`?starting_after=${last}&limit=1`)).has_more, true);
});

test('staff give a new code, which stands in the audit log; strangers and other sellers do not', async () => {
  const sale = await sell();
  const path = (seller: number, id = sale.id, item = 1) =>
    `/sellers/${seller}/sales/${id}/tickets/${item}/reissue`;
  const cashier = await signedIn(hall.pool, hall.client, 1, 'cashier');
  const answer = await cashier.send('POST', path(1));
  assert.equal(answer.status, 200, answer.text);
  const { rows } = await hall.pool.query(
    'select verb, object_kind, before, after from audit_log where object_id = $1',
    [`${sale.id}-1`],
  );
  assert.deepEqual(rows, [
    { verb: 'reissue', object_kind: 'ticket', before: { generation: 1 }, after: { generation: 2 } },
  ]);
  assert.equal(outcomeOf(await cashier.send('POST', path(1, sale.id, 9))), 'tickets_not_ready');
  assert.equal(outcomeOf(await cashier.send('POST', path(1, 'x'))), 'not_found');
  const steward = await signedIn(hall.pool, hall.client, 1, 'steward');
  assert.equal(outcomeOf(await steward.send('POST', path(1))), 'forbidden');
  const other = await signedIn(hall.pool, hall.client, 2, 'manager');
  assert.equal(outcomeOf(await other.send('POST', path(2))), 'tickets_not_ready');
  assert.equal(outcomeOf(await other.send('GET', '/sellers/2/events/1-3/revoked-codes')), 'event_not_found');
  assert.equal(outcomeOf(await hall.client.send('POST', path(1))), 'unauthenticated');
});

test('a ticket goes by a link to somebody else, who sees it alone, without price and without the buyer', async () => {
  const sale = await sell();
  const { id, link } = await offer(sale.at(1, 'transfers'));
  assert.equal((await read(sale.tickets)).tickets[0]?.transfer?.id, id);
  const offered = await hall.client.send('GET', link.replace('/transfer', '/transfers'));
  assert.equal(offered.status, 200, offered.text);
  assert.doesNotMatch(offered.text, /Ana|ana@/);
  const body = receiver(link);
  const taken = await accept(body);
  assert.equal(taken.status, 200, taken.text);
  const { links } = taken.json as Tickets;
  assert.deepEqual((await accept(body)).json, { links }, 'a repeat of the same browser gets the same answer');

  const page = links.page.replace('/tickets/', '/sales/transactions/').replace('?', '/tickets?');
  const held = await hall.client.send('GET', page);
  assert.doesNotMatch(held.text, /Ana|ana@|24,?70/);
  const view = held.json as Tickets;
  assert.equal(view.holder, 'Luis Gómez');
  assert.deepEqual(
    view.tickets.map((one) => one.state),
    ['valid'],
  );
  assert.equal((await claimsOf(view.tickets[0]?.code)).generation, 2);
  const [sheet, ...rest] = await readPdf(await (await fetch(new URL(links.pdf, hall.url))).bytes());
  assert.equal(rest.length, 0);
  assert.match(sheet!.text, /Luis Gómez/);
  assert.doesNotMatch(sheet!.text, /Ana|USD|A-0000/);
  assert.equal(sheet!.qr, view.tickets[0]?.code);

  const former = await read(sale.tickets);
  assert.deepEqual(
    former.tickets.map((one) => one.state),
    ['transferred', 'valid'],
  );
  assert.equal(former.tickets[0]?.code, undefined);
  const own = await readPdf(
    await (await fetch(new URL(saleLinks(testSecret, undefined, 1, sale.id).tickets, hall.url))).bytes(),
  );
  assert.equal(own.length, 1);
  for (const path of ['reissue', 'transfers']) {
    assert.equal(outcomeOf(await hall.client.send('POST', sale.at(1, path))), 'ticket_transferred');
  }
  for (const file of ['apple-wallet.pkpass']) {
    assert.equal(outcomeOf(await hall.client.send('GET', sale.at(1, file))), 'ticket_transferred');
  }

  const token = page.slice(page.indexOf('?'));
  const onward = await offer(`/sales/transactions/${sale.id}/tickets/1/transfers${token}`);
  assert.equal(outcomeOf(await accept(receiver(onward.link, 'Eva'))), 200);
  assert.deepEqual(
    (await read(page)).tickets.map((one) => one.state),
    ['transferred'],
  );
  assert.equal(
    outcomeOf(await hall.client.send('POST', `/sales/transactions/${sale.id}/tickets/2/reissue${token}`)),
    'ticket_transferred',
    "a holder's link opens no other ticket of the sale",
  );
});

const mailTo = (address: string, subject: RegExp) =>
  mailServer.received.find(({ to, parsed }) => to.includes(address) && subject.test(parsed.subject ?? ''));

/** Whether a text stands anywhere in what is kept of messages and transfers. */
async function isKept(text: string): Promise<boolean> {
  const { rows } = await hall.pool.query(
    `select from (select m::text as kept from messages m union all select x::text from ticket_transfers x) r
      where position($1 in kept) > 0`,
    [text],
  );
  return rows.length > 0;
}

test('the receiver gets the link by mail and by SMS, then the ticket; neither says anything of the buyer', async () => {
  const sale = await sell();
  const email = 'luis.receiver@example.com';
  const { id, link } = await offer(sale.at(1, 'transfers'), { email, phone: '0412-555.00.00', locale: 'en' });
  await waitUntil('the offer has gone by both ways', () =>
    Boolean(mailTo(email, /A ticket for you/) && twilio.accepted.length > 0),
  );
  const mail = mailTo(email, /A ticket for you/)!;
  assert.ok(mail.parsed.text!.includes(`${testPublicUrl}${link}`));
  assert.match(mail.parsed.text!, /Platea, row \w+, seat \d+/);
  assert.equal(mail.parsed.attachments.length, 0);
  const [sms] = twilio.accepted;
  assert.equal(sms?.to, '+584125550000');
  const [short = ''] = /https:\S+/.exec(sms.body) ?? [];
  const opened = await hall.client.send('GET', short.slice(testPublicUrl.length));
  assert.deepEqual([opened.status, opened.headers['location']], [302, link]);
  assert.equal((await hall.client.send('GET', '/t/1.x')).status, 404);
  const secret = link.slice(link.lastIndexOf('_') + 1);
  assert.equal(await isKept(secret), false, 'nothing with which the ticket could be taken is stored');
  assert.equal(await isKept(id), true);

  const body = { ...receiver(link), email, locale: 'en' };
  const answers = await Promise.all([accept(body), accept(body), accept(body)]);
  assert.deepEqual(answers.map(outcomeOf), [200, 200, 200]);
  await waitUntil('the ticket has gone by mail', () => Boolean(mailTo(email, /Your ticket/)));
  const brought = mailTo(email, /Your ticket/)!;
  const { links } = answers[0].json as Tickets;
  assert.ok(brought.parsed.text!.includes(`${testPublicUrl}${links.page}`));
  const [sheet, ...rest] = await readPdf(brought.parsed.attachments[0]!.content);
  assert.equal(rest.length, 0);
  assert.equal((await claimsOf(sheet?.qr)).generation, 2);
  for (const { raw } of [mail, brought]) {
    assert.doesNotMatch(raw.toString(), /Ana|ana@|24[.,]70|A-0000|\/orders\//);
  }
  assert.doesNotMatch(sms.body, /Ana|\/o\//);
  const { rows } = await hall.pool.query(
    "select kind, channel, state from messages where transaction_id = $1 and kind <> 'tickets' order by kind, channel",
    [sale.id],
  );
  const state = 'accepted';
  assert.deepEqual(rows, [
    { kind: 'ticket_offered', channel: 'email', state },
    { kind: 'ticket_offered', channel: 'sms', state },
    { kind: 'ticket_offered', channel: 'whatsapp', state: 'skipped' },
    { kind: 'ticket_accepted', channel: 'email', state },
  ]);
});

test('what is no longer so is not said; an address that cannot be written to makes no offer', async () => {
  const sale = await sell();
  const path = sale.at(1, 'transfers');
  for (const [bad, where] of [
    [{ phone: '12' }, '/phone'],
    [{ email: 'a,b@example.com' }, '/email'],
    [{ email: 'luis' }, '/email'],
    [{ locale: 'fr' }, '/locale'],
  ] as const) {
    const answer = await hall.client.send('POST', path, bad);
    assert.equal(outcomeOf(answer), 'body_invalid', answer.text);
    assert.equal((answer.json as { errors: { path: string }[] }).errors[0]?.path, where);
  }
  assert.equal((await read(sale.tickets)).tickets[0]?.transfer, undefined);
  const first = await offer(path);
  const second = await offer(path);
  const say = (kind: 'ticket_offered' | 'ticket_accepted', id: string) =>
    readTransferMessage(
      reader(hall.pool),
      {
        key: { tenantId: 1, transactionId: sale.id, channel: 'email', kind, occasionNo: 1 },
        recipient: 'luis@example.com',
        facts: { transfer_id: id, locale: 'es' },
      },
      (key) => receiverLinks(testSecret, testPublicUrl, key),
      new Date(),
    );
  assert.equal(await say('ticket_offered', first.id), 'The offer has ended.');
  assert.equal(typeof (await say('ticket_offered', second.id)), 'object');
  const taken = await accept(receiver(second.link));
  assert.equal(typeof (await say('ticket_accepted', second.id)), 'object');
  const { links } = taken.json as Tickets;
  const onward = await offer(
    `${path.slice(0, path.indexOf('?'))}${links.page.slice(links.page.indexOf('?'))}`,
  );
  assert.equal(outcomeOf(await accept(receiver(onward.link))), 200);
  assert.equal(await say('ticket_accepted', second.id), 'Somebody else has the ticket by now.');
});

test('a link that was withdrawn, replaced, expired or outlived by its ticket takes nothing', async () => {
  const sale = await sell();
  const path = sale.at(1, 'transfers');
  const withdrawn = await offer(path);
  const remove = () => hall.client.send('DELETE', path.replace('?', `/${withdrawn.id}?`));
  assert.equal((await remove()).status, 204);
  assert.equal(outcomeOf(await remove()), 'transfer_not_found');
  const replaced = await offer(path);
  const expired = await offer(path);
  await hall.pool.query(
    "update ticket_transfers set expires_at = now() - interval '1 s' where transfer_id = $1",
    [expired.id],
  );
  for (const { link } of [withdrawn, replaced, expired]) {
    assert.equal(outcomeOf(await accept(receiver(link))), 'transfer_ended');
    assert.equal(
      outcomeOf(await hall.client.send('GET', link.replace('/transfer', '/transfers'))),
      'transfer_ended',
    );
  }
  const outlived = await offer(path);
  await hall.client.send('POST', sale.at(1, 'reissue'));
  assert.equal(outcomeOf(await accept(receiver(outlived.link))), 'transfer_ended');
  const good = receiver((await offer(path)).link);
  for (const token of [
    'x',
    '',
    good.token!.slice(0, -1),
    good.token!.replace('tq_transfer_1', 'tq_transfer_2'),
  ]) {
    assert.equal(outcomeOf(await accept({ ...good, token })), 'transfer_not_found');
    assert.equal(outcomeOf(await hall.client.send('GET', `/transfers?token=${token}`)), 'transfer_not_found');
  }
  for (const bad of [{ name: ' ' }, { email: 'luis' }, { accept_key: 'short' }, { price: 1 }]) {
    assert.equal((await accept({ ...good, ...bad })).status, 422, JSON.stringify(bad));
  }
  const [ticket] = (await read(sale.tickets)).tickets;
  assert.equal(ticket?.state, 'valid', 'nothing of that took the ticket');
});

test('once the event has begun, or the place was given back, a ticket stays where it is', async () => {
  const sale = await sell();
  const { link } = await offer(sale.at(1, 'transfers'));
  const setStart = (at: string) =>
    hall.pool.query(`update events set starts_at = ${at} where tenant_id = 1 and event_id = 3`);
  await setStart("now() - interval '1 minute'");
  assert.equal(outcomeOf(await hall.client.send('POST', sale.at(1, 'transfers'))), 'event_started');
  assert.equal(outcomeOf(await accept(receiver(link))), 'event_started');
  await setStart("now() + interval '10 days'");
  const returned = (state: string) =>
    hall.pool.query('update transaction_items set state = $2 where transaction_id = $1 and item_no = 1', [
      sale.id,
      state,
    ]);
  await returned('returned');
  assert.equal(outcomeOf(await accept(receiver(link))), 'ticket_returned');
  assert.equal(outcomeOf(await hall.client.send('POST', sale.at(1, 'reissue'))), 'ticket_returned');
  await returned('live');
  assert.equal(outcomeOf(await accept(receiver(link))), 200);
});

/** Ten browsers accept one offer at once. @returns how many of them were told that they have it, and that it has gone. */
async function race(): Promise<{ won: number; refused: number; holders: number }> {
  const sale = await sell();
  const { link } = await offer(sale.at(1, 'transfers'));
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => accept(receiver(link, `Nº ${i}`))));
  const { rows } = await hall.pool.query<{ n: number }>(
    `select count(*)::integer as n from revoked_codes where transaction_id = $1 and reason = 'transferred'`,
    [sale.id],
  );
  return {
    refused: answers.filter((answer) => answer.status === 410).length,
    won: answers.filter((answer) => answer.status === 200).length,
    holders: rows[0]!.n,
  };
}

test('of ten who accept one offer at once one has it; without the guard more would', async () => {
  assert.deepEqual(await race(), { won: 1, refused: 9, holders: 1 });
  // Sample sales have no holds: of them the lines that speak of tickets are asked.
  const { lines } = await runAudit(hall.pool);
  const broken = lines.filter(
    ({ id, count }) => /^I[67] (tickets|signatures|codes|transfers)/.test(id) && count > 0,
  );
  assert.deepEqual(broken, []);
  await withoutGuard(hall.pool, 'take_transfer', /and x\.accepted_at is null/, '', async () => {
    const { won, holders } = await race();
    assert.ok(won > 1 || holders > 1, `${won} were told so, of ${holders}`);
  });
});

test('a ticket has no more codes than its payload can count, and its holder asks for no more than some a day', async () => {
  const sale = await sell();
  for (let i = 0; i < 5; i++) {
    assert.equal(outcomeOf(await hall.client.send('POST', sale.at(2, 'reissue'))), 200);
  }
  const sixth = await hall.client.send('POST', sale.at(2, 'reissue'));
  assert.equal(outcomeOf(sixth), 'too_many_attempts');
  assert.ok(Number(sixth.headers['retry-after']) > 0);
});

test('without a link to it, a ticket is not there', async () => {
  const sale = await sell();
  for (const wrong of ['', '?token=x', '?token=2.abcdefghijklmnopqrstuvwx', `?token=1.${'A'.repeat(46)}`]) {
    for (const [method, path] of [
      ['GET', 'tickets'],
      ['POST', 'tickets/1/reissue'],
      ['POST', 'tickets/1/transfers'],
    ] as const) {
      const answer = await hall.client.send(method, `/sales/transactions/${sale.id}/${path}${wrong}`);
      assert.equal(outcomeOf(answer), 'transaction_not_found', `${method} ${path}${wrong}`);
    }
  }
});
