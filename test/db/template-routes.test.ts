import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { createPool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import type { App } from '../../src/http/app.ts';
import { listTemplatesRoute } from '../../src/notifications/list-templates.route.ts';
import { previewTemplateRoute } from '../../src/notifications/preview-template.route.ts';
import { readBrandRoute } from '../../src/notifications/read-brand.route.ts';
import { readTemplateRoute } from '../../src/notifications/read-template.route.ts';
import { resetTemplateRoute } from '../../src/notifications/reset-template.route.ts';
import { saveBrandRoute } from '../../src/notifications/save-brand.route.ts';
import { saveTemplateRoute } from '../../src/notifications/save-template.route.ts';
import { SellerTemplates } from '../../src/notifications/seller-templates.store.ts';
import { writeSaleMail } from '../../src/notifications/sale-mail.ts';
import { startBareServer } from '../support/bare-server.ts';
import { createTestDatabase } from '../support/database.ts';
import { createHttpClient } from '../support/http-client.ts';
import { sampleMessage, sampleSale } from '../support/sample-sale.ts';
import { createSampleSeller } from '../support/sample-sales.ts';

type Template = {
  mail: { subject: string; mjml: string; text?: string };
  sms: string;
  changed: string[];
  sms_length: { segments: number };
  variables: { name: string }[];
};
type Problem = { code: string; errors: { path: string; code: string; message: string }[] };

const database = await createTestDatabase();
const pool = createPool({ url: database.url, size: 2, name: 'test' });
const rights: (string | undefined)[] = [];

function mount(app: App): void {
  app.addHook('onRoute', (route) => void rights.push(route.config?.right));
  const deps = { pool, reader: reader(pool) };
  for (const route of [
    listTemplatesRoute,
    readTemplateRoute,
    saveTemplateRoute,
    resetTemplateRoute,
    previewTemplateRoute,
    readBrandRoute,
    saveBrandRoute,
  ]) {
    route(app, deps);
  }
}

await createSampleSeller(pool, 1);
await createSampleSeller(pool, 2);
const client = createHttpClient((await startBareServer({ mount })).url, 2);
after(async () => {
  client.close();
  await pool.end();
  await database.drop();
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

test('every route asks for the right to edit templates', () => {
  assert.ok(rights.length >= 8);
  assert.deepEqual(new Set(rights), new Set(['templates.edit']));
});

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
  assert.equal(data.length, 16);
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

test('a brand is refused when mails could not show it, and an unknown seller has none', async () => {
  for (const brand of [
    { color: 'red' },
    { logo_url: 'http://x.example/a.png' },
    { logo_url: 'https://x"onerror="' },
    { name: '' },
  ]) {
    assert.equal((await client.send('PUT', '/sellers/1/brand', brand)).status, 422);
  }
  assert.deepEqual((await client.send('GET', '/sellers/1/brand')).json, {});
  assert.equal((await client.send('GET', '/sellers/9/brand')).status, 404);
  assert.equal((await client.send('PUT', '/sellers/9/brand', {})).status, 404);
  assert.equal((await client.send('GET', `${path(9)}/preview`)).status, 404);
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
