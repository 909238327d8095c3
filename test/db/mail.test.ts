import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyTicket } from '../../src/admission/ticket-code.ts';
import { readVerifyingKeys } from '../../src/admission/ticket-key.store.ts';
import type { StepName } from '../../src/base/step.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { readSale } from '../../src/orders/sale.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { code, startMailServer, type MailServer } from '../support/mail-server.ts';
import { readPdf } from '../support/read-pdf.ts';
import { createSampleSeller, makeSampleSales, type SampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, testPublicUrl, type TestWorkers } from '../support/workers.ts';

let database: TestDatabase;
let pool: Pool;
let server: MailServer;
let workers: TestWorkers;
const refusals = new Map<string, number>();

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  await createSampleSeller(pool);
  server = await startMailServer({
    onRecipient(address) {
      const count = refusals.get(address) ?? 0;
      refusals.set(address, count + 1);
      if (address.startsWith('nobody')) throw code(550, 'no such mailbox here');
      if (address.startsWith('greylisted') && count < 1) throw code(451, 'try again later');
    },
  });
  workers = await startTestWorkers(database.url, createSmtpMailer(server.url));
});
after(async () => {
  await workers.stop();
  await server.stop();
  await pool.end();
  await database.drop();
});

const handOver = (ids: string[], names: StepName[]) =>
  workers.queue.handOver(
    ids.flatMap((transactionId) => names.map((name) => ({ tenantId: 1, transactionId, name }))),
  );

async function sell(sample: SampleSales): Promise<string> {
  const ids = await makeSampleSales(pool, sample);
  await handOver(ids, ['tickets', 'statistics']);
  return ids[0] ?? '';
}

async function emailStep(transactionId: string) {
  const sale = await readSale(reader(pool), { tenantId: 1, transactionId });
  const step = sale?.steps.find(({ name }) => name === 'email');
  assert.ok(sale && step);
  return { ...step, status: sale.status };
}

const ended = (transactionId: string) =>
  waitUntil('the e-mail step has ended', async () => (await emailStep(transactionId)).state !== 'pending');

const mailsTo = (address: string) => server.received.filter((mail) => mail.to.includes(address));

test("the tickets come by mail, in the buyer's language, with codes that verify", async () => {
  const sale = await sell({ email: 'ana@example.com', places: 3, locale: 'en' });
  await ended(sale);
  const step = await emailStep(sale);
  assert.equal(step.state, 'done');
  assert.match(step.detail ?? '', /accepted/);
  const [mail, ...more] = mailsTo('ana@example.com');
  assert.ok(mail);
  assert.equal(more.length, 0);
  const { parsed } = mail;
  assert.equal(parsed.subject, 'Your tickets: La flauta mágica');
  assert.equal(parsed.from?.value[0]?.name, 'Teatro del Lago');
  assert.match(String(parsed.html), /Thank you, Ana Pérez!/);
  assert.match(parsed.text ?? '', /Friday, December 11, 2037, 8:30.PM/);
  const link = `${testPublicUrl}/orders/${sale}?token=1.`;
  assert.ok(parsed.text?.includes(link));
  assert.ok(String(parsed.html).includes(link));

  const [pdf] = parsed.attachments;
  assert.equal(pdf?.contentType, 'application/pdf');
  const pages = await readPdf(pdf.content);
  const [key] = await readVerifyingKeys(reader(pool), 1);
  assert.equal(pages.length, 3);
  for (const [i, page] of pages.entries()) {
    const verdict = verifyTicket(page.qr ?? '', () => key?.publicKey);
    assert.ok(verdict.valid);
    assert.equal(verdict.claims.transactionId, sale);
    assert.equal(verdict.claims.itemNo, i + 1);
  }
});

test('a mailbox that does not exist ends the step at once, with the reason in words', async () => {
  const sale = await sell({ email: 'nobody@example.com' });
  await ended(sale);
  const step = await emailStep(sale);
  assert.equal(step.state, 'failed');
  assert.equal(step.attempts, 1);
  assert.match(step.detail ?? '', /refused the mail: 550 no such mailbox here/);
  await waitUntil(
    'the sale is complete all the same',
    async () => (await emailStep(sale)).status === 'completed',
  );
  const { rows } = await pool.query(`select state, last_error from messages where transaction_id = $1`, [
    sale,
  ]);
  assert.equal(rows[0]?.state, 'failed');
  assert.match(rows[0]?.last_error, /550/);
});

test('a server that asks to come back later gets the mail later', async () => {
  const sale = await sell({ email: 'greylisted@example.com' });
  await waitUntil('the first attempt has failed', async () => (await emailStep(sale)).attempts === 1);
  assert.match((await emailStep(sale)).detail ?? '', /try later: 451/);
  await ended(sale);
  const step = await emailStep(sale);
  assert.equal(step.state, 'done');
  assert.equal(step.attempts, 2);
  assert.equal(mailsTo('greylisted@example.com').length, 1);
});

test('a mail that is sent twice, since its mark was lost, is the same to the last byte', async () => {
  const sale = await sell({ email: 'twice@example.com' });
  await ended(sale);
  // Not truncated: the queue's own upkeep, which locks its tables in another order, would be in a deadlock with it.
  await pool.query('delete from pgboss.job');
  await pool.query(
    `update steps set state = 'pending', progress_event = null where transaction_id = $1 and name = 'email'`,
    [sale],
  );
  await pool.query(`update messages set state = 'sending', accepted_at = null where transaction_id = $1`, [
    sale,
  ]);
  await handOver([sale], ['email']);
  await ended(sale);
  const [first, second] = mailsTo('twice@example.com');
  assert.ok(first && second);
  assert.ok(first.raw.equals(second.raw));
  assert.equal(first.parsed.messageId, `<tickets.1.${sale}@seller.example>`);
});

test('a step that was handed out twice is done once', async () => {
  const sale = await sell({ email: 'once@example.com' });
  await ended(sale);
  // Not truncated: the queue's own upkeep, which locks its tables in another order, would be in a deadlock with it.
  await pool.query('delete from pgboss.job');
  await handOver([sale], ['tickets', 'email', 'statistics']);
  const jobs = () => pool.query(`select 1 from pgboss.job where state < 'completed'`);
  await waitUntil('the queue is empty', async () => (await jobs()).rowCount === 0);
  assert.equal(mailsTo('once@example.com').length, 1);
});

test('names and titles cannot add headers, recipients or markup', async () => {
  const name = 'Eva\r\nBcc: thief@example.com\r\n\r\n<script>alert(1)</script>", <other@example.com>';
  const sale = await sell({ email: 'eva@example.com', name });
  await ended(sale);
  const [mail] = mailsTo('eva@example.com');
  assert.ok(mail);
  assert.deepEqual(mail.to, ['eva@example.com']);
  const to = [mail.parsed.to ?? []].flat().flatMap((group) => group.value.map((one) => one.address));
  assert.deepEqual(to, ['eva@example.com']);
  assert.equal(mail.parsed.bcc, undefined);
  assert.doesNotMatch(String(mail.parsed.html), /<script/);
  assert.match(String(mail.parsed.html), /&lt;script&gt;/);
});

test('an address that could be more than one is written to by nobody', async () => {
  for (const email of [
    'a@example.com, b@example.com',
    'x@example.com\r\nBcc: y@example.com',
    '<z@example.com>',
  ]) {
    const sale = await sell({ email });
    await ended(sale);
    const step = await emailStep(sale);
    assert.equal(step.state, 'failed');
    assert.match(step.detail ?? '', /address/);
  }
  assert.equal(server.received.filter((mail) => /^[abxyz]@/.test(mail.to[0] ?? '')).length, 0);
});

test('nothing went wrong on the side but the mail that was refused', () => {
  assert.deepEqual(workers.troubles, ['a message failed for good: undefined']);
});
