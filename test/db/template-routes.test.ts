import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { reader } from '../../src/db/transaction.ts';
import { SellerTemplates } from '../../src/notifications/seller-templates.store.ts';
import { writeSaleMail } from '../../src/notifications/sale-mail.ts';
import { startIdentityHall } from '../support/identity-hall.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { sampleMessage, sampleSale } from '../support/sample-sale.ts';

type Template = {
  mail: { subject: string; mjml: string; text?: string };
  sms: string;
  changed: string[];
  sms_length: { segments: number };
  variables: { name: string }[];
};
type Problem = { code: string; errors: { path: string; code: string; message: string }[] };

const hall = await startIdentityHall(2);
const { pool } = hall;
const client: Browser = await signedIn(pool, hall.client, 1, 'manager');
after(async () => {
  await hall.stop();
});
beforeEach(async () => {
  await pool.query('delete from message_templates');
  await pool.query('delete from brands');
});

const path = (tenantId = 1, kind = 'tickets', locale = 'es') =>
  `/sellers/${tenantId}/templates/${kind}/${locale}`;
const mjml = (words: string) =>
  `<mjml><mj-body><mj-section><mj-column><mj-text>${words}</mj-text></mj-column></mj-section></mj-body></mjml>`;
const mail = { subject: 'Ya: {{event_name}}', mjml: mjml('Hola {{customer_name}} {{order_url}}') };

test('a template starts as the house has it, and is changed part by part', async () => {
  const house = (await client.send('GET', path())).json as Template;
  assert.deepEqual(house.changed, []);
  assert.ok(house.mail.mjml.startsWith('<mjml lang="es">'));
  assert.ok(house.variables.some(({ name }) => name === 'fiscal_number'));

  const saved = await client.send('PUT', path(), { mail });
  assert.equal(saved.status, 200);
  assert.deepEqual((saved.json as Template).changed, ['mail']);
  const read = (await client.send('GET', path())).json as Template;
  assert.deepEqual(read.mail, mail);
  assert.equal(read.sms, house.sms, "the SMS is still the house's");

  const long = `${house.sms} ${'más '.repeat(30)}`;
  assert.ok(((await client.send('PUT', path(), { sms: long })).json as Template).sms_length.segments > 1);
  const { data } = (await client.send('GET', '/sellers/1/templates')).json as {
    data: { kind: string; locale: string; changed: string[] }[];
  };
  assert.equal(data.length, 20);
  assert.deepEqual(
    data.filter((one) => one.changed.length > 0),
    [{ kind: 'tickets', locale: 'es', changed: ['sms'] }],
  );
  assert.equal((await client.send('DELETE', path())).status, 204);
  assert.deepEqual((await client.send('GET', path())).json, house);
});

test('a template with faults is refused with their places, and nothing is kept', async () => {
  const bad = { mail: { subject: '{{event}}', mjml: mjml('{{nobody}}') }, sms: '{{#places}}' };
  const refused = await client.send('PUT', path(), bad);
  assert.equal(refused.status, 422);
  const { code, errors } = refused.json as Problem;
  assert.equal(code, 'body_invalid');
  assert.deepEqual(
    errors.map((error) => [error.path, error.code]),
    [
      ['/mail/subject', 'unknown_variable'],
      ['/mail/mjml', 'unknown_variable'],
      ['/sms', 'syntax'],
    ],
  );
  assert.match(errors[1]!.message, /^Line 1, column \d+: "nobody"/);
  assert.deepEqual(((await client.send('GET', path())).json as Template).changed, []);
  for (const body of [{ mail: { subject: '', mjml: 'x' } }, { fax: 'x' }, { sms: 'a'.repeat(601) }, []]) {
    assert.equal((await client.send('PUT', path(), body)).status, 422);
  }
  for (const wrong of [path(1, 'fax'), path(1, 'tickets', 'fr'), path(0), '/sellers/x/templates']) {
    assert.equal((await client.send('GET', wrong)).status, 404, wrong);
  }
});

test("a preview shows the seller's brand, as data and as a page that runs nothing", async () => {
  const brand = { name: 'Ópera', logo_url: 'https://cdn.example/logo.png', color: '#AA0000' };
  assert.equal((await client.send('PUT', '/sellers/1/brand', brand)).status, 200);
  const preview = (await client.send('GET', `${path()}/preview`)).json as { html: string; sms: string };
  assert.ok(preview.html.includes('https://cdn.example/logo.png'));
  assert.ok(preview.html.includes('#aa0000'));
  assert.match(preview.sms, /^Opera: sus entradas para La flauta magica/);
  const page = await client.send('GET', `${path()}/preview`, undefined, { accept: 'text/html' });
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*sandbox/);
  assert.ok(page.text.startsWith('<!doctype html>'));
  const tried = await client.send('POST', `${path()}/preview`, { mail });
  assert.match((tried.json as { html: string }).html, /Hola Ana Pérez/);
  assert.deepEqual(
    ((await client.send('GET', path())).json as Template).changed,
    [],
    'a trial keeps nothing',
  );
  assert.equal((await client.send('POST', `${path()}/preview`, { sms: '{{x}}' })).status, 422);
});

test("a brand is refused when mails could not show it, and another seller's is not there", async () => {
  for (const brand of [
    { color: 'red' },
    { logo_url: 'http://x.example/a.png' },
    { logo_url: 'https://x"onerror="' },
    { name: '' },
  ]) {
    assert.equal((await client.send('PUT', '/sellers/1/brand', brand)).status, 422);
  }
  assert.deepEqual((await client.send('GET', '/sellers/1/brand')).json, {});
  for (const [method, foreign] of [
    ['GET', '/sellers/2/brand'],
    ['PUT', '/sellers/2/brand'],
    ['GET', path(2)],
    ['PUT', path(2)],
    ['DELETE', path(2)],
    ['POST', `${path(2)}/preview`],
    ['GET', '/sellers/9/brand'],
  ] as const) {
    assert.equal(
      outcomeOf(await client.send(method, foreign, method === 'GET' ? undefined : {})),
      'seller_not_found',
    );
  }
});

test("a seller's mails have its own words a little after they are saved, and another's have not", async () => {
  let now = new Date('2026-11-24T16:00:00Z');
  const templates = new SellerTemplates({ reader: reader(pool), clock: { now: () => now } });
  const message = sampleMessage(sampleSale());
  const write = async (tenantId: number) =>
    writeSaleMail({ ...message, voice: await templates.voiceOf(tenantId) }, null, 'a@b.c', null);
  assert.equal((await write(1)).subject, 'Sus entradas: La flauta mágica');
  await client.send('PUT', path(), { mail });
  await client.send('PUT', '/sellers/1/brand', { name: 'Ópera' });
  assert.equal((await write(1)).subject, 'Sus entradas: La flauta mágica');
  now = new Date(now.getTime() + 15_000);
  const own = await write(1);
  assert.equal(own.subject, 'Ya: La flauta mágica');
  assert.equal(own.from.name, 'Ópera');
  assert.match(own.html, /Hola Ana María Pérez/);
  assert.match(own.text, /Hola Ana María Pérez/);
  assert.equal((await write(2)).subject, 'Sus entradas: La flauta mágica');
});

test('what is changed is in the audit log, with what it was', async () => {
  const owner = await signedIn(pool, hall.client, 1, 'owner');
  await client.send('PUT', path(), { mail, sms: 'Hola {{customer_name}}' });
  await client.send('DELETE', path());
  await client.send('DELETE', path());
  await client.send('PUT', '/sellers/1/brand', { color: '#AA0000' });
  type Entry = { verb: string; object: { kind: string; id: string }; before: object; after: object };
  const { data } = (await owner.send('GET', '/sellers/1/audit-log?limit=3')).json as { data: Entry[] };
  assert.deepEqual(
    data.map(({ verb, object: { kind, id } }) => `${verb} ${kind} ${id}`),
    ['change brand 1', 'reset template tickets es', 'change template tickets es'],
  );
  const [brand, reset, changed] = data;
  assert.deepEqual(brand?.after, { name: null, logo_url: null, color: '#aa0000' });
  assert.deepEqual(reset?.before, changed?.after);
  assert.deepEqual(changed?.after, {
    ...changed?.after,
    subject: mail.subject,
    sms: 'Hola {{customer_name}}',
  });
});
