import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '../../src/base/limits.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { readPdfParts } from '../support/read-pdf.ts';
import { readZip } from '../support/read-zip.ts';
import { samplePicture } from '../support/sample-picture.ts';
import { makeSampleSales } from '../support/sample-sales.ts';
import { startTestWorkers, testPublicUrl, testSecret } from '../support/workers.ts';
import { waitUntil } from '../support/wait.ts';

type Saved = { sha256: string; width: number; height: number; url: string };

let hall: IdentityHall;
let mailServer: MailServer;
let manager: Browser;
before(async () => {
  hall = await startIdentityHall(2, { TAQUILLA_SECRET: testSecret });
  mailServer = await startMailServer();
  manager = await signedIn(hall.pool, hall.client, 1, 'manager');
});
after(async () => {
  await mailServer.stop();
  await hall.stop();
});

const put = (browser: Pick<Browser, 'send'>, seller: number, file: Buffer, type: string) =>
  browser.send('PUT', `/sellers/${seller}/logo`, file, { 'content-type': type });

const brandOf = async () => (await manager.send('GET', '/sellers/1/brand')).json as { logo?: Saved };

test('a logo is uploaded by who may, shown to everybody, and stands in the audit log', async () => {
  const file = samplePicture({ width: 120, height: 40, type: 'image/jpeg' });
  const saved = await put(manager, 1, file, 'image/jpeg');
  assert.equal(saved.status, 200, saved.text);
  const { sha256, url, ...size } = saved.json as Saved;
  assert.deepEqual(size, { width: 120, height: 40 });
  assert.deepEqual((await brandOf()).logo, { sha256, url });
  const shown = await fetch(new URL(url, hall.url));
  assert.equal(shown.headers.get('content-type'), 'image/png');
  assert.match(shown.headers.get('cache-control') ?? '', /immutable/);
  const bytes = Buffer.from(await shown.arrayBuffer());
  assert.equal(bytes.readUInt32BE(16), 120);

  assert.equal((await manager.send('PUT', '/sellers/1/brand', { name: 'Ópera' })).status, 200);
  assert.deepEqual((await brandOf()).logo, { sha256, url }, 'the rest of the brand leaves it as it is');
  const { rows } = await hall.pool.query(
    "select verb, before, after from audit_log where tenant_id = 1 and object_kind = 'logo'",
  );
  assert.deepEqual(rows, [{ verb: 'change', before: { sha256: null }, after: { sha256 } }]);
});

test('whoever may not, and what is no logo, changes nothing', async () => {
  const known = await brandOf();
  const png = samplePicture({ width: 10, height: 10 });
  const steward = await signedIn(hall.pool, hall.client, 1, 'steward');
  const other = await signedIn(hall.pool, hall.client, 2, 'manager');
  assert.equal(outcomeOf(await put(steward, 1, png, 'image/png')), 'forbidden');
  assert.equal((await put(other, 1, png, 'image/png')).status, 404);
  assert.equal(outcomeOf(await put(hall.client, 1, png, 'image/png')), 'unauthenticated');
  assert.equal(outcomeOf(await put(manager, 1, Buffer.from('GIF89a'), 'image/png')), 'logo_invalid');
  assert.equal(outcomeOf(await put(manager, 1, png, 'image/gif')), 'media_type_unsupported');
  assert.equal(outcomeOf(await manager.send('PUT', '/sellers/1/logo', {})), 'media_type_unsupported');
  const large = Buffer.alloc(limits.logoBytesMax + 1);
  assert.equal(outcomeOf(await put(manager, 1, large, 'image/png')), 'body_too_large');
  assert.equal((await other.send('DELETE', '/sellers/1/logo')).status, 404);
  assert.deepEqual(await brandOf(), known);
  for (const wrong of ['x.png', `${'0'.repeat(64)}.png`, `${'A'.repeat(64)}.png`]) {
    assert.equal((await fetch(new URL(`/logos/1/${wrong}`, hall.url))).status, 404);
  }
});

test("the mail, its tickets, the telephone's page and the pass show it; mails that were sent go on to", async () => {
  const saved = await put(manager, 1, samplePicture({ width: 90, height: 30 }), 'image/png');
  const { url, sha256 } = saved.json as Saved;
  const workers = await startTestWorkers(hall.database.url, createSmtpMailer(mailServer.url));
  const [id = ''] = await makeSampleSales(hall.pool, { places: 1 });
  await workers.queue.handOver(
    (['tickets', 'statistics'] as const).map((name) => ({ tenantId: 1, transactionId: id, name })),
  );
  await waitUntil('the mail has come', () => mailServer.received.length > 0);
  await workers.stop();
  const { parsed } = mailServer.received[0]!;
  assert.ok((parsed.html || '').includes(`src="${testPublicUrl}/logos/1/${sha256}.png"`));
  const { pages } = await readPdfParts(parsed.attachments[0]!.content);
  assert.deepEqual(pages[0]?.[0], { role: 'Figure', alt: 'Ópera' });

  const { tickets } = saleLinks(testSecret, undefined, 1, id);
  const page = await hall.client.send('GET', tickets.replace('.pdf', ''));
  assert.equal((page.json as { brand: { logo_url: string } }).brand.logo_url, url);
  const pass = await fetch(new URL(tickets.replace('.pdf', '/1/apple-wallet.pkpass'), hall.url));
  const files = readZip(Buffer.from(await pass.arrayBuffer()));
  assert.equal(files.get('logo.png')?.readUInt32BE(16), 90);
  assert.ok(!('logoText' in JSON.parse(files.get('pass.json')!.toString())));

  assert.equal((await manager.send('DELETE', '/sellers/1/logo')).status, 204);
  assert.equal((await brandOf()).logo, undefined);
  assert.equal((await fetch(new URL(url, hall.url))).status, 200);
});
