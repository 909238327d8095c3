import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyTicket } from '../../src/admission/ticket-code.ts';
import { verifyTicketCommand } from '../../src/cli/verify-ticket.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHttpClient, type Answer } from '../support/http-client.ts';
import { readPdf } from '../support/read-pdf.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, testSecret, type TestWorkers } from '../support/workers.ts';
import { runCommand } from '../support/run-command.ts';

type Jwk = { kty: string; crv: string; kid: string; x: string };
type Sale = {
  id: string;
  status: string;
  fiscal_number: string;
  total: number;
  items: { ticket_id: string; row?: string; seat_id?: string; total: number }[];
  steps: { name: string; state: string; detail?: string }[];
};

let database: TestDatabase;
let pool: Pool;
let server: TestServer;
let client: ReturnType<typeof createHttpClient>;
let workers: TestWorkers | undefined;
let id: string;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await createSampleSeller(pool);
  server = await startServer({
    databaseUrl: database.url,
    env: { TAQUILLA_SECRET: testSecret },
    worker: false,
  });
  client = createHttpClient(server.url, 2);
  [id = ''] = await makeSampleSales(pool, { phone: '+58 412 5550000', ageSeconds: 60 });
});

after(async () => {
  await workers?.stop();
  client.close();
  await server.stop();
  await pool.end();
  await database.drop();
});

const linksOf = (tenantId = 1, sale = id) => saleLinks(testSecret, undefined, tenantId, sale);
const readSale = async () => (await client.send('GET', linksOf().self)).json as Sale;

/** As the browser gets it: bytes. */
async function fetchPdf(url: string): Promise<{ headers: Headers; bytes: Uint8Array }> {
  const answer = await fetch(new URL(url, server.url));
  assert.equal(answer.status, 200);
  return { headers: answer.headers, bytes: await answer.bytes() };
}

async function completeSale(): Promise<void> {
  workers ??= await startTestWorkers(database.url);
  await waitUntil('the sale completes', async () => (await readSale()).status === 'completed');
}

test('a sale whose steps are open is read as such, and has no tickets yet', async () => {
  const sale = await readSale();
  assert.equal(sale.id, id);
  assert.equal(sale.status, 'processing');
  assert.equal(sale.fiscal_number, 'A-00000001');
  assert.equal(sale.total, 4_940);
  assert.deepEqual(
    sale.items.map((item) => [item.ticket_id, 'row' in item, item.total]),
    [
      [`${id}-1`, true, 2_470],
      [`${id}-2`, false, 2_470],
    ],
  );
  assert.deepEqual(
    new Set(sale.steps.map((step) => `${step.name} ${step.state}`)),
    new Set([
      'confirmed done',
      'tickets pending',
      'email pending',
      'sms pending',
      'statistics pending',
      'completed pending',
    ]),
  );
  const refused = await client.send('GET', linksOf().tickets);
  assert.equal(refused.status, 409);
  assert.equal((refused.json as { code: string }).code, 'tickets_not_ready');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
});

test('without its secret link a sale does not exist', async () => {
  const wrong = linksOf(1, '019a5b7e-6f10-7abc-9def-0123456789ab').self.split('?')[1] ?? '';
  const base = `/sales/transactions/${id}`;
  const refusals = await Promise.all(
    ['', '/tickets.pdf'].flatMap((part) =>
      ['', '?token=', '?token=1.x', `?${wrong}`, linksOf(2).self.slice(linksOf(2).self.indexOf('?'))].map(
        (query) => client.send('GET', base + part + query),
      ),
    ),
  );
  for (const { status, json } of refusals) {
    assert.equal(status, 404);
    assert.equal((json as { code: string }).code, 'transaction_not_found');
  }
});

test('a completed sale says how each step ended', async () => {
  await completeSale();
  const { steps } = await readSale();
  assert.deepEqual(
    [steps.at(0)?.name, steps.at(-1)?.name, steps.at(-1)?.state],
    ['confirmed', 'completed', 'done'],
  );
  const sms = steps.find((step) => step.name === 'sms');
  assert.equal(sms?.state, 'skipped');
  assert.match(sms?.detail ?? '', /SMS/);
});

test("the tickets open in the browser under a name, and verify with the seller's published key", async () => {
  await completeSale();
  const { headers, bytes } = await fetchPdf(linksOf().tickets);
  assert.equal(headers.get('content-type'), 'application/pdf');
  assert.equal(
    headers.get('content-disposition'),
    'inline; filename="entradas-la-flauta-magica-a-00000001.pdf"',
  );
  const { data } = (await client.send('GET', '/sellers/1/ticket-keys')).json as { data: Jwk[] };
  assert.deepEqual(
    data.map(({ kty, crv, kid }) => [kty, crv, kid]),
    [['OKP', 'Ed25519', '1']],
  );
  const key: KeyObject = createPublicKey({ key: data[0]!, format: 'jwk' });
  const pages = await readPdf(bytes);
  assert.equal(pages.length, 2);
  for (const [i, page] of pages.entries()) {
    const verdict = verifyTicket(page.qr ?? '', () => key);
    assert.ok(verdict.valid);
    assert.deepEqual([verdict.claims.transactionId, verdict.claims.itemNo], [id, i + 1]);
  }
  assert.deepEqual((await client.send('GET', '/sellers/2/ticket-keys')).json, { data: [] });
});

async function runVerify(...args: string[]): Promise<{ code: number; text: string }> {
  const { code, out, err } = await runCommand([verifyTicketCommand], {}, ['verify-ticket', ...args]);
  return { code, text: out + err };
}

test('a code is checked at the command line with the key alone, as JWK, JWK set or PEM', async () => {
  await completeSale();
  const [page] = await readPdf((await fetchPdf(linksOf().tickets)).bytes);
  const code = page?.qr ?? '';
  const answer = await client.send('GET', '/sellers/1/ticket-keys');
  const jwk = (answer.json as { data: Jwk[] }).data[0]!;
  const folder = mkdtempSync(path.join(tmpdir(), 'taquilla-keys-'));
  const keyFile = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  try {
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const files = [
      keyFile('answer.json', answer.text),
      keyFile('key.json', JSON.stringify(jwk)),
      keyFile('key.pem', String(pem)),
    ];
    for (const file of files) {
      const { code: exit, text } = await runVerify(code, '--key', file);
      assert.equal(exit, 0, text);
      assert.match(text, new RegExp(`^Valid\\.\n  Ticket  ${id}-1\n  Event   1-3\n`));
    }
    const forged = await runVerify(
      `${code.slice(0, 40)}${code[40] === 'A' ? 'B' : 'A'}${code.slice(41)}`,
      '--key',
      files[2]!,
    );
    assert.equal(forged.code, 1);
    assert.match(forged.text, /^Not valid: /);
    const otherKey = await runVerify(
      code,
      '--key',
      keyFile('other.json', JSON.stringify({ ...jwk, kid: '2' })),
    );
    assert.match(otherKey.text, /the key that signed it is not in the file/);
    assert.match((await runVerify(code)).text, /name the public key/);
    assert.match((await runVerify(code, '--key', keyFile('bad.pem', 'no key'))).text, /holds no public key/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the outbox shows the mail to people and programs, as a page, as it would be sent, and its PDF', async () => {
  await completeSale();
  const page = await client.send('GET', '/outbox', undefined, { accept: 'text/html' });
  assert.match(page.text, /Sus entradas: La flauta mágica/);
  const { data } = (await client.send('GET', '/outbox')).json as {
    data: { to: string; transaction_id: string; links: { self: string; raw: string; attachment: string } }[];
  };
  const mail = data.find((one) => one.transaction_id === id)!;
  assert.equal(mail.to, 'ana@example.com');
  const answers: Record<'self' | 'raw' | 'html', Answer> = {
    self: await client.send('GET', mail.links.self),
    raw: await client.send('GET', mail.links.raw),
    html: await client.send('GET', `${mail.links.self}/html`),
  };
  assert.match(answers.self.text, /ana@example\.com/);
  assert.match(answers.raw.text, /^Message-ID: <tickets\.1\./im);
  assert.match(answers.html.text, /La flauta mágica/);
  assert.doesNotMatch(String(answers.html.headers['content-security-policy']), /script-src/);
  const [ticket] = await readPdf((await fetchPdf(mail.links.attachment)).bytes);
  const inBrowser = await readPdf((await fetchPdf(linksOf().tickets)).bytes);
  assert.equal(ticket?.qr, inBrowser[0]?.qr);
  for (const gone of [`/outbox/2/${id}`, '/outbox/1/nothing', `/outbox/1/${id}/attachments/9`]) {
    assert.equal((await client.send('GET', gone)).status, 404, gone);
  }
});
