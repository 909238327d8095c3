import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { loadImage } from '@napi-rs/canvas';
import { jwtVerify } from 'jose';
import { verifyTicket } from '../src/admission/ticket-code.ts';
import { makeApplePass } from '../src/fulfilment/apple-pass.ts';
import { googleWalletLink } from '../src/fulfilment/google-pass.ts';
import { findTicket } from '../src/fulfilment/sale-ticket.ts';
import { makeTestPassKeys } from '../src/fulfilment/test-pass-keys.ts';
import { readGoogleWallet, readPassKeys } from '../src/fulfilment/wallet-keys.adapter.ts';
import { noBrand } from '../src/notifications/brand.ts';
import { checkCms } from './support/read-cms.ts';
import { readZip } from './support/read-zip.ts';
import { sampleKeys, sampleSale } from './support/sample-sale.ts';

const pageUrl = 'https://shop.example/orders/1?token=1.abc';
const keys = makeTestPassKeys(new Date());
const sale = sampleSale();

type Field = { key: string; label: string; value: string };
type Pass = {
  passTypeIdentifier: string;
  teamIdentifier: string;
  serialNumber: string;
  organizationName: string;
  backgroundColor: string;
  foregroundColor: string;
  barcodes: { message: string; format: string }[];
  relevantDate: string;
  eventTicket: Record<
    'headerFields' | 'primaryFields' | 'secondaryFields' | 'auxiliaryFields' | 'backFields',
    Field[]
  >;
};

function open(bytes: Buffer): { files: Map<string, Buffer>; pass: Pass } {
  const files = readZip(bytes);
  return { files, pass: JSON.parse(files.get('pass.json')!.toString()) as Pass };
}

const values = (fields: Field[]) => fields.map(({ label, value }) => `${label}: ${value}`);

test('a pass is whole: every file has its digest in the manifest, which is signed', () => {
  const { files } = open(makeApplePass(sale, findTicket(sale, 1), keys, noBrand, pageUrl));
  const manifest = JSON.parse(files.get('manifest.json')!.toString()) as Record<string, string>;
  const content = [...files.keys()].filter((name) => !['manifest.json', 'signature'].includes(name));
  assert.deepEqual(Object.keys(manifest).toSorted(), content.toSorted());
  for (const [name, digest] of Object.entries(manifest)) {
    assert.equal(createHash('sha1').update(files.get(name)!).digest('hex'), digest, name);
  }
  const issuer = new X509Certificate(keys.wwdr);
  const signer = checkCms(files.get('signature')!, files.get('manifest.json')!, issuer);
  assert.match(signer.subject, /UID=pass\.test\.taquilla/);
  const changed = Buffer.from(files.get('manifest.json')!.toString().replace('pass.json', 'pass.jsom'));
  assert.throws(() => checkCms(files.get('signature')!, changed, issuer), /the content is another/);
  const stranger = new X509Certificate(makeTestPassKeys(new Date()).wwdr);
  assert.throws(
    () => checkCms(files.get('signature')!, files.get('manifest.json')!, stranger),
    /not of the issuer/,
  );
});

test('a pass says what the ticket says, with the code that the door reads', () => {
  const { pass } = open(makeApplePass(sale, findTicket(sale, 1), keys, noBrand, pageUrl));
  assert.equal(pass.passTypeIdentifier, keys.passTypeId);
  assert.equal(pass.teamIdentifier, keys.teamId);
  assert.equal(pass.serialNumber, `${sale.transactionId}-1`);
  assert.equal(pass.organizationName, 'Teatro del Lago');
  assert.equal(new Date(pass.relevantDate).toISOString(), '2037-12-12T00:30:00.000Z');
  const { eventTicket } = pass;
  assert.deepEqual(values(eventTicket.headerFields), ['Entrada: 1 / 2']);
  assert.deepEqual(
    eventTicket.primaryFields.map(({ value }) => value),
    ['La flauta mágica'],
  );
  assert.deepEqual(values(eventTicket.auxiliaryFields), ['Zona: Platea', 'Fila: F', 'Asiento: 12']);
  assert.match(values(eventTicket.secondaryFields).join(), /Viernes, 11 de diciembre de 2037/);
  assert.ok(values(eventTicket.backFields).includes(`Mis entradas: ${pageUrl}`));
  const [barcode] = pass.barcodes;
  assert.equal(barcode?.format, 'PKBarcodeFormatQR');
  const verdict = verifyTicket(barcode.message, () => sampleKeys.publicKey);
  assert.ok(verdict.valid);
  assert.equal(verdict.claims.itemNo, 1);
});

test('a standing place, English words, any letters, and no page', () => {
  const other = sampleSale({ locale: 'en', event: { ...sale.event, name: '歌劇 «Ω»' } });
  const { pass } = open(makeApplePass(other, findTicket(other, 2), keys, noBrand, null));
  assert.deepEqual(values(pass.eventTicket.auxiliaryFields), ['General admission: De pie']);
  assert.equal(pass.eventTicket.primaryFields[0]?.value, '歌劇 «Ω»');
  assert.ok(!pass.eventTicket.backFields.some(({ key }) => key === 'order'));
});

test("the brand's name and colour are the pass's, and the icons are pictures of it", async () => {
  const brand = { name: 'Ópera', logoUrl: null, color: '#ffee00' };
  const { pass, files } = open(makeApplePass(sale, findTicket(sale, 1), keys, brand, null));
  assert.equal(pass.organizationName, 'Ópera');
  assert.equal(pass.backgroundColor, 'rgb(255, 238, 0)');
  assert.equal(pass.foregroundColor, 'rgb(27, 30, 39)');
  for (const [name, size] of [
    ['icon.png', 29],
    ['icon@2x.png', 58],
    ['icon@3x.png', 87],
  ] as const) {
    const image = await loadImage(files.get(name)!);
    assert.deepEqual([image.width, image.height], [size, size]);
  }
});

test('a ticket that is not made has no pass, and a place that is not there none either', () => {
  assert.throws(() => findTicket(sale, 3), { code: 'not_found' });
  const unmade = sampleSale();
  unmade.items[0]!.ticket = null;
  assert.throws(() => findTicket(unmade, 1), { code: 'tickets_not_ready' });
});

test('the Google link carries the pass, signed by the service account, and is short enough for a browser', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const wallet = {
    issuerId: '3388000000000000000',
    email: 'wallet@project.iam.gserviceaccount.com',
    privateKey,
  };
  const brand = { name: null, logoUrl: null, color: '#16213f' };
  const now = new Date('2026-11-24T16:00:00Z');
  const link = await googleWalletLink(sale, findTicket(sale, 1), wallet, brand, now);
  assert.ok(link.startsWith('https://pay.google.com/gp/v/save/'));
  assert.ok(link.length < 2_200, `${link.length} characters`);
  const token = link.split('/').at(-1)!;
  const { payload } = await jwtVerify<{
    typ: string;
    payload: {
      eventTicketClasses: { id: string; eventName: { defaultValue: { value: string } } }[];
      eventTicketObjects: { id: string; classId: string; barcode: { value: string }; seatInfo: unknown }[];
    };
  }>(token, pair.publicKey, { issuer: wallet.email, audience: 'google', currentDate: now });
  assert.equal(payload.typ, 'savetowallet');
  const [kind] = payload.payload.eventTicketClasses;
  const [object] = payload.payload.eventTicketObjects;
  assert.equal(kind?.id, '3388000000000000000.event-1-3');
  assert.equal(kind.eventName.defaultValue.value, 'La flauta mágica');
  assert.equal(object?.classId, kind.id);
  assert.ok(verifyTicket(object.barcode.value, () => sampleKeys.publicKey).valid);
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  await assert.rejects(jwtVerify(token, stranger, { currentDate: now }));
});

test("Apple's and Google's files are read, and a wrong one is named by its setting", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'taquilla-wallet-'));
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  try {
    const files = {
      passTypeId: 'pass.x',
      teamId: 'T',
      certificateFile: file('pass.pem', keys.certificate),
      keyFile: file('key.pem', keys.key),
      keyPassphrase: undefined,
      wwdrFile: file('wwdr.pem', keys.wwdr),
    };
    const read = await readPassKeys(files);
    const { files: packed } = open(makeApplePass(sale, findTicket(sale, 1), read, noBrand, null));
    checkCms(packed.get('signature')!, packed.get('manifest.json')!, new X509Certificate(keys.wwdr));
    const bad = file('bad.pem', 'x');
    await assert.rejects(readPassKeys({ ...files, wwdrFile: bad }), /^Error: APPLE_WWDR_FILE cannot be used/);
    await assert.rejects(
      readPassKeys({ ...files, keyFile: `${bad}.no` }),
      /APPLE_PASS_KEY_FILE cannot be used/,
    );
    const account = file('google.json', JSON.stringify({ client_email: 'a@b.c', private_key: keys.key }));
    assert.equal((await readGoogleWallet('1', account)).email, 'a@b.c');
    await assert.rejects(
      readGoogleWallet('1', file('no.json', '{}')),
      /GOOGLE_WALLET_KEY_FILE cannot be used: client_email/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
