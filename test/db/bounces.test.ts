import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import nodemailer from 'nodemailer';
import { limits } from '../../src/base/limits.ts';
import { formatReturnPath } from '../../src/notifications/return-path.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { testSecret } from '../support/workers.ts';
import { waitUntil } from '../support/wait.ts';

const domain = 'bounces.example.com';

let database: TestDatabase;
let pool: Pool;
let mailServer: MailServer;
let server: TestServer;
let transactionId: string;
/** Where the mail of the sale came from, by its envelope. */
let returnPath: string;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  await createSampleSeller(pool);
  mailServer = await startMailServer();
  [transactionId = ''] = await makeSampleSales(pool, { ageSeconds: 60, phone: null });
  server = await startServer({
    databaseUrl: database.url,
    env: {
      TAQUILLA_SECRET: testSecret,
      SMTP_URL: mailServer.url,
      BOUNCE_DOMAIN: domain,
      BOUNCE_PORT: '0',
    },
  });
  await waitUntil('the mail with the tickets has gone', () => mailServer.received.length > 0);
  returnPath = mailServer.received[0]!.from;
});
after(async () => {
  await server.stop();
  await mailServer.stop();
  await pool.end();
  await database.drop();
});

const message = async () => {
  const { rows } = await pool.query<{ state: string; error: string | null; failed: Date | null }>(
    `select state, last_error as error, failed_at as failed from messages
      where transaction_id = $1 and channel = 'email' and kind = 'tickets'`,
    [transactionId],
  );
  return rows[0]!;
};

/** A notice as mail servers write it: words for people, fields for programs, and the mail that it is about. */
function notice(action: string, status: string, diagnostic: string): string {
  return [
    'From: MAILER-DAEMON@mx.example.net (Mail Delivery System)',
    `To: ${returnPath}`,
    'Subject: Undelivered Mail Returned to Sender',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'I am sorry to have to tell you.',
    '',
    '--b1',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.net',
    '',
    'Final-Recipient: rfc822; ana@example.com',
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; ${diagnostic}`,
    '',
    '--b1',
    'Content-Type: message/rfc822',
    '',
    mailServer.received[0]!.raw.toString('latin1'),
    '',
    '--b1--',
    '',
  ].join('\r\n');
}

/** Sends a mail as a mail server does that has no sender: by a real conversation. @returns the last answer. */
async function bring(raw: string | Buffer, to = returnPath): Promise<string> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: server.bouncePort,
    secure: false,
    ignoreTLS: true,
  });
  try {
    const { response } = await transport.sendMail({ envelope: { from: '', to: [to] }, raw });
    return response;
  } catch (error) {
    return (error as { response?: string }).response ?? String(error);
  } finally {
    transport.close();
  }
}

test('a mail is sent from an address of its own, while people see the one of the seller', () => {
  const { parsed, raw } = mailServer.received[0]!;
  assert.equal(
    returnPath,
    formatReturnPath(
      { domain, secret: testSecret },
      { tenantId: 1, transactionId, kind: 'tickets', occasionNo: 1 },
    ),
  );
  assert.equal(parsed.from?.value[0]?.address, 'tickets@localhost');
  assert.doesNotMatch(raw.toString(), /bounces\.example\.com/);
});

test('what is late, an automatic reply and what is for others changes nothing', async () => {
  await waitUntil('the mail is marked', async () => (await message()).state === 'accepted');
  assert.match(await bring(notice('delayed', '4.4.1', '451 try again later')), /^250/);
  assert.match(
    await bring('Subject: Estoy de vacaciones\r\nAuto-Submitted: auto-replied\r\n\r\nVuelvo pronto.'),
    /^250/,
  );
  assert.match(await bring(Buffer.from('00ff10', 'hex')), /^250/);
  for (const other of [`postmaster@${domain}`, `b-${'a'.repeat(53)}@${domain}`, 'ana@example.com']) {
    assert.match(await bring(notice('failed', '5.1.1', 'no'), other), /^550/, other);
  }
  const unknown = formatReturnPath(
    { domain, secret: testSecret },
    { tenantId: 9, transactionId, kind: 'refund', occasionNo: 4 },
  );
  assert.match(await bring(notice('failed', '5.1.1', 'no'), unknown), /^250/);
  assert.equal((await message()).state, 'accepted');
});

test('a mail that is too large is refused, one that is long is read as far as it matters', async () => {
  const large = Buffer.alloc(limits.bounceBytesMax + 1, 'x'.repeat(75) + '\n');
  assert.match(await bring(large), /^5(52|00)|size/i);
  assert.equal((await message()).state, 'accepted');
});

test('a notice of failure is told in words, once, however often it comes', async () => {
  const padding = `X-Padding: ${'x'.repeat(70)}\r\n`.repeat(8_000);
  const [head = '', ...rest] = notice('failed', '5.1.1', '550 5.1.1 User unknown').split(
    'message/rfc822\r\n\r\n',
  );
  const long = `${head}message/rfc822\r\n\r\n${padding}${rest.join('')}`;
  assert.match(await bring(long), /^250/);
  const first = await message();
  assert.deepEqual(
    [first.state, first.error],
    ['bounced', 'There is no such mailbox. Its server says: 550 5.1.1 User unknown'],
  );
  assert.match(await bring(notice('failed', '5.2.2', '552 mailbox full')), /^250/);
  assert.deepEqual(await message(), first);
});

test('a conversation that breaks off, talks nonsense or asks for more is no trouble', async () => {
  const socket = createConnection(server.bouncePort!, '127.0.0.1');
  const answers: string[] = [];
  createInterface(socket).on('line', (line) => answers.push(line));
  await waitUntil('it greets', () => answers.length > 0);
  socket.write('EHLO mx.example.net\r\nAUTH PLAIN AAAA\r\nSTARTTLS\r\nMAIL FROM:<>\r\nDATA\r\nRCPT TO:<\r\n');
  await waitUntil('it answers', () => answers.length >= 10);
  assert.ok(
    answers.every((line) => /^[2-5]\d\d[ -]/.test(line)),
    answers.join('\n'),
  );
  socket.destroy();
  assert.match(await bring(notice('failed', '5.1.1', 'again')), /^250/);
});
