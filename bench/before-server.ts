// The replaced system's way of confirming, for comparison, as a server of its own:
// `node bench/before-server.ts PORT DATABASE_URL SMTP_PORT CONNECTIONS early|late`.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import nodemailer from 'nodemailer';
import { createPool } from '../src/db/pool.ts';
import { transact } from '../src/db/transaction.ts';
import type { Mailer } from '../src/notifications/message.ts';
import { sellOldWay, type NumberTaken } from './before/old-sale.ts';

const [port, databaseUrl, smtpPort, connections, taken] = process.argv.slice(2);
const pool = createPool({ url: databaseUrl!, size: Number(connections), name: 'taquilla bench before' });
// A connection to the mail server for each mail.
const transport = nodemailer.createTransport({ host: '127.0.0.1', port: Number(smtpPort), ignoreTLS: true });
const mailer: Mailer = {
  async deliver(mail) {
    await transport.sendMail(mail);
    return { outcome: 'accepted', detail: '' };
  },
  close: () => transport.close(),
};

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

async function confirm(request: IncomingMessage): Promise<object> {
  const body = await readBody(request);
  const { hold_token, customer } = JSON.parse(body) as {
    hold_token: string;
    customer: { name: string; email: string };
  };
  const key = String(request.headers['idempotency-key']);
  const order = { holdToken: hold_token, name: customer.name, email: customer.email, key, body };
  const sale = await transact(pool, (tx) => sellOldWay(tx, mailer, order, taken as NumberTaken));
  return {
    success: true,
    transaction_id: sale.transactionId,
    status: 'completed',
    fiscal_number: sale.fiscalNumber,
    total: sale.total,
    currency: sale.currency,
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

const server = createServer((request, response) => {
  confirm(request).then(
    (sale) => answer(response, 202, sale),
    (error: unknown) => {
      console.error(error);
      answer(response, 500, { success: false });
    },
  );
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
// Whoever started this process is gone.
process.once('disconnect', () => process.exit());
