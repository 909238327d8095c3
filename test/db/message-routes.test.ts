import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { replayCommand, resendCommand } from '../../src/cli/resend.ts';
import { traceCommand } from '../../src/cli/trace.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { saleToken } from '../../src/orders/sale-token.ts';
import { startSmtpFake, type SmtpFake } from '../support/fakes/smtp.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { makeSampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, testSecret, type TestWorkers } from '../support/workers.ts';
import { runCommand } from '../support/run-command.ts';

type Message = {
  id: string;
  state: string;
  to: string;
  occasion: number;
  attempts: number;
  last_error?: string;
  attempt_log?: { attempt: number; at: string; outcome: string; reason?: string }[];
};
type Page = { data: Message[]; has_more: boolean };
type Timeline = { timezone: string; data: { event: string; at: string; by?: string; detail?: string }[] };

let hall: IdentityHall;
let smtp: SmtpFake;
let workers: TestWorkers;
let manager: Browser;
let stranger: Browser;

before(async () => {
  hall = await startIdentityHall(2, { TAQUILLA_SECRET: testSecret });
  smtp = await startSmtpFake();
  workers = await startTestWorkers(hall.database.url, createSmtpMailer(smtp.url));
  manager = await signedIn(hall.pool, hall.client, 1, 'manager');
  stranger = await signedIn(hall.pool, hall.client, 2, 'manager');
});
after(async () => {
  await workers.stop();
  await smtp.stop();
  await hall.stop();
});

/** A sale whose steps have ended. */
async function sell(email: string): Promise<string> {
  const [id = ''] = await makeSampleSales(hall.pool, { email });
  await workers.queue.handOver(
    (['tickets', 'statistics'] as const).map((name) => ({ tenantId: 1, transactionId: id, name })),
  );
  await waitUntil('the sale is completed', async () => {
    const { rows } = await hall.pool.query('select status from transactions where transaction_id = $1', [id]);
    return rows[0]?.status === 'completed';
  });
  return id;
}

async function list(query: string): Promise<Page> {
  return (await manager.send('GET', `/sellers/1/messages?${query}`)).json as Page;
}

async function readMessage(id: string): Promise<Message> {
  return (await manager.send('GET', `/sellers/1/messages/${id}`)).json as Message;
}

async function isState(id: string, state: string): Promise<void> {
  await waitUntil(`${id} is ${state}`, async () => (await readMessage(id)).state === state);
}

const taquilla = (...args: string[]) =>
  runCommand([traceCommand, resendCommand, replayCommand], { DATABASE_URL: hall.database.url }, args);

const quiet = { quiet_from: '21:00', quiet_until: '08:00' };

test('what has failed is listed, replayed and resent to another address, and the log says by whom', async () => {
  smtp.next('refuse');
  const sale = await sell('nobody@example.com');
  const { data } = await list('state=failed');
  assert.deepEqual(
    data.map(({ id, to }) => [id, to]),
    [[`1.${sale}.email.tickets.1`, 'nobody@example.com']],
  );
  const [failed] = data;
  assert.match(failed?.last_error ?? '', /refused the mail: 550/);
  const path = `/sellers/1/messages/${failed!.id}`;
  assert.equal((await manager.send('POST', `${path}/replay`)).status, 202);
  await isState(failed!.id, 'accepted');
  const { attempt_log: log = [] } = await readMessage(failed!.id);
  assert.deepEqual(
    log.map(({ attempt, outcome }) => [attempt, outcome]),
    [
      [1, 'refused'],
      [2, 'accepted'],
    ],
  );
  assert.equal(outcomeOf(await manager.send('POST', `${path}/replay`)), 'message_not_failed');

  const resend = { channel: 'email', to: 'ana@example.com', keep_address: true };
  const answer = await manager.send('POST', `/sellers/1/transactions/${sale}/messages`, resend);
  assert.equal(answer.status, 202, answer.text);
  const { id, occasion, to } = answer.json as Message;
  assert.deepEqual([occasion, to], [2, 'ana@example.com']);
  await isState(id, 'accepted');
  assert.deepEqual(smtp.kept.at(-1)?.to, ['ana@example.com']);
  const { json } = await manager.send('GET', `/sellers/1/transactions/${sale}/timeline`);
  const timeline = json as Timeline;
  assert.equal(timeline.timezone, 'America/Caracas');
  assert.deepEqual(
    timeline.data.map(({ event }) => event).filter((event) => event.startsWith('message_')),
    ['message_refused', 'message_replayed', 'message_accepted', 'message_resent', 'message_accepted'],
  );
  assert.ok(timeline.data.find(({ event }) => event === 'message_resent')?.by);
  assert.deepEqual(
    timeline.data.slice(0, 2).map(({ event }) => event),
    ['confirmed', 'numbered'],
  );

  const token = saleToken(testSecret, 1, sale);
  const buyer = (await hall.client.send('GET', `/sales/transactions/${sale}/timeline?token=${token}`))
    .json as Timeline;
  assert.ok(buyer.data.some(({ event }) => event === 'message_resent'));
  assert.ok(buyer.data.every(({ by, event }) => by === undefined && event !== 'counted'));
  assert.equal((await hall.client.send('GET', `/sales/transactions/${sale}/timeline`)).status, 404);
});

test('lists go page by page, by state, channel, kind and sale', async () => {
  const sales = [await sell('a@example.com'), await sell('b@example.com'), await sell('c@example.com')];
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const page = await list(`state=accepted&channel=email&kind=tickets&limit=2${cursor}`);
    seen.push(...page.data.map(({ id }) => id));
    if (!page.has_more) break;
    cursor = `&starting_after=${seen.at(-1)}`;
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(
    seen.slice(0, 3),
    sales.toReversed().map((sale) => `1.${sale}.email.tickets.1`),
  );
  assert.equal((await list(`transaction_id=${sales[1]}`)).data.length, 1);
  assert.equal((await list('transaction_id=none')).data.length, 0);
  assert.equal((await list('channel=sms')).data.length, 0);
});

test("another seller's messages and sales are not there, and bad input changes nothing", async () => {
  const sale = await sell('own@example.com');
  const id = `1.${sale}.email.tickets.1`;
  const body = { channel: 'email' };
  const refusals: [Browser, string, string, unknown, string | number][] = [
    [stranger, 'GET', `/sellers/2/messages/${id}`, undefined, 'message_not_found'],
    [stranger, 'GET', `/sellers/1/messages/${id}`, undefined, 'seller_not_found'],
    [stranger, 'POST', `/sellers/2/messages/${id}/replay`, undefined, 'message_not_found'],
    [stranger, 'GET', `/sellers/2/messages?starting_after=${id}`, undefined, 'message_not_found'],
    [stranger, 'POST', `/sellers/2/transactions/${sale}/messages`, body, 'transaction_not_found'],
    [stranger, 'GET', `/sellers/2/transactions/${sale}/timeline`, undefined, 'transaction_not_found'],
    [manager, 'GET', '/sellers/1/messages/x', undefined, 'message_not_found'],
    [manager, 'GET', '/sellers/1/messages?state=lost', undefined, 'body_invalid'],
    [manager, 'POST', '/sellers/1/transactions/x/messages', body, 'transaction_not_found'],
    [manager, 'POST', `/sellers/1/transactions/${sale}/messages`, { channel: 'fax' }, 'body_invalid'],
    [manager, 'POST', `/sellers/1/transactions/${sale}/messages`, { channel: 'sms' }, 'body_invalid'],
    [manager, 'PUT', '/sellers/1/message-settings', { ...quiet, channels: [] }, 'body_invalid'],
    [manager, 'PUT', '/sellers/1/message-settings', { ...quiet, channels: ['sms', 'sms'] }, 'body_invalid'],
    [manager, 'PUT', '/sellers/1/message-settings', { channels: ['sms'] }, 'body_invalid'],
  ];
  for (const [browser, method, path, content, expected] of refusals) {
    assert.equal(outcomeOf(await browser.send(method, path, content)), expected, `${method} ${path}`);
  }
  assert.equal((await list(`transaction_id=${sale}`)).data.length, 1);
});

test("the order of a seller's channels is read, changed and recorded", async () => {
  const path = '/sellers/1/message-settings';
  const first = { channels: ['whatsapp', 'sms', 'email'], ...quiet };
  assert.deepEqual((await manager.send('GET', path)).json, first);
  const body = { channels: ['sms', 'email'], reminder_hours: 24, ...quiet };
  assert.deepEqual((await manager.send('PUT', path, body)).json, body);
  assert.deepEqual((await manager.send('GET', path)).json, body);
  assert.deepEqual((await stranger.send('GET', '/sellers/2/message-settings')).json, first);
  const { rows } = await hall.pool.query(
    `select before, after from audit_log where object_kind = 'message_settings'`,
  );
  assert.deepEqual(rows, [{ before: { reminder_hours: null, ...first }, after: body }]);
});

test('at the command line a sale is traced by its id or number, resent, and a dead letter replayed', async () => {
  smtp.next('greylist');
  const sale = await sell('traced@example.com');
  const { rows } = await hall.pool.query<{ number: string }>(
    'select number::text from fiscal_documents where transaction_id = $1',
    [sale],
  );
  const number = `A-${rows[0]!.number.padStart(8, '0')}`;
  const trace = await taquilla('trace', number);
  assert.equal(trace.code, 0, trace.err);
  assert.equal((await taquilla('trace', sale, '--seller', '1')).out, trace.out);
  assert.match(trace.out, new RegExp(`^Sale ${sale}  ${number}  completed$`, 'm'));
  assert.match(trace.out, /^ {2}Times {3}America\/Caracas$/m);
  const moment = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}`;
  for (const line of [
    'confirmed',
    `numbered: ${number}`,
    'tickets ready',
    'message postponed · email tickets 1 · to traced@example.com · attempt 1: The mail server asks to try later: 451 .*',
    'message accepted · email tickets 1 · to traced@example.com · attempt 2',
    'completed',
  ]) {
    assert.match(trace.out, new RegExp(`^${moment}  ${line}$`, 'm'));
  }
  for (const args of [
    ['trace', 'A-1'],
    ['trace', 'nothing'],
    ['trace', sale, '--seller', '2'],
    ['resend', sale],
    ['resend', sale, '--channel', 'sms'],
    ['replay'],
    ['replay', 'x'],
  ]) {
    assert.equal((await taquilla(...args)).code, 1, args.join(' '));
  }

  const resent = await taquilla('resend', number, '--channel', 'email', '--to', 'other@example.com');
  assert.match(resent.out, new RegExp(`^Queued 1\\.${sale}\\.email\\.tickets\\.2; `));
  await isState(`1.${sale}.email.tickets.2`, 'accepted');
  assert.deepEqual(smtp.kept.at(-1)?.to, ['other@example.com']);

  smtp.next('refuse');
  const dead = await sell('dead@example.com');
  const failed = `1.${dead}.email.tickets.1`;
  assert.match(
    (await taquilla('replay', '--seller', '1')).out,
    new RegExp(`^${failed}  The mail server refused`),
  );
  assert.equal((await taquilla('replay', '--seller', '1', '--all')).code, 0);
  await isState(failed, 'accepted');
  assert.match((await taquilla('trace', dead)).out, /message replayed .* by taquilla replay$/m);
  assert.equal((await taquilla('replay', '--seller', '1')).out, '');
});

test('nothing went wrong on the side but the mails that were refused', () => {
  assert.deepEqual(new Set(workers.troubles), new Set(['a message failed for good: undefined']));
});
