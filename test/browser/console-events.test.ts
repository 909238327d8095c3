import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { createBareSeller } from '../support/bare-seller.ts';
import { checkAxe, checkWidth, startConsoleHall, type ConsoleHall } from '../support/console-hall.ts';

const images = path.join(import.meta.dirname, '../../docs/images');

let hall: ConsoleHall;
before(async () => {
  hall = await startConsoleHall(createBareSeller);
});
after(() => hall.stop());

/** Keeps a picture of the page in the light theme, from its top. */
async function keepPicture(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: path.join(images, name) });
}

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name }).waitFor();

/** Makes a venue and draws fifteen curved rows of twenty seats without a pointer, a stage, and a row of accessible seats. */
async function drawHall(page: Page): Promise<void> {
  await page.getByLabel('Nombre').fill('Teatro Aurora');
  await page.getByRole('button', { name: 'Guardar sala' }).click();
  await page.getByRole('spinbutton', { name: 'Filas', exact: true }).fill('15');
  await page.getByRole('spinbutton', { name: 'Asientos por fila' }).fill('20');
  await page.getByRole('spinbutton', { name: 'Curva' }).first().fill('30');
  await page.getByRole('button', { name: 'Dibujar donde haya sitio' }).click();
  await page.getByText('300 asientos, 0 lugares de pie').waitFor();
  await page.getByRole('radio', { name: 'Escenario' }).check();
  await page.getByRole('button', { name: 'Dibujar donde haya sitio' }).click();
  await page.getByRole('button', { name: 'Deshacer' }).click();
  await page.getByRole('button', { name: 'Rehacer' }).click();
  await page.getByRole('button', { name: 'Elegir nada' }).click();
  await page.getByRole('checkbox', { name: 'Elegir la fila A' }).check();
  await page.getByText('20 elegidos').waitFor();
  await page.getByRole('button', { name: 'Accesible (a)' }).click();
  await page.getByLabel('Nombre', { exact: true }).first().fill('Sala grande');
  await checkAxe(page);
  await keepPicture(page, 'console-plan-editor.png');
  await page.getByRole('button', { name: 'Guardar plano' }).click();
  await page.waitForURL('**/console/1/plans/1');
}

/** The short path: name, where, when, plan and IVA; the checklist then asks for prices. */
async function makeEvent(page: Page): Promise<void> {
  await page.goto('/console/1/events/new');
  await heading(page, 'Nuevo evento');
  await page.getByLabel('Nombre').fill('La verbena de la Paloma');
  await page.getByLabel('Sala', { exact: true }).selectOption({ label: 'Teatro Aurora' });
  await page.getByLabel('Empieza').fill('2037-05-08T20:30');
  await page.getByLabel('Plano', { exact: true }).selectOption('1');
  await page.getByLabel('Impuesto').selectOption('16');
  await checkAxe(page);
  await checkWidth(page, 360);
  await page.getByRole('button', { name: 'Crear borrador' }).click();
  await heading(page, 'La verbena de la Paloma');
  await page.getByText('Faltan precios').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Publicar' }).isDisabled(), true);
  await checkAxe(page);
  await checkWidth(page, 360);
}

/** Two stages, one by date and one by quantity; the preview of two places explains itself. */
async function setPrices(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Precios, etapas y vista previa' }).click();
  await heading(page, /Precios de/);
  await page.getByLabel('Precio de Categoría').fill('40,00');
  await page.getByRole('button', { name: 'Añadir etapa' }).click();
  await page.getByLabel('Hasta, línea 1').fill('2037-03-01T00:00');
  await page.getByLabel('Valor, línea 1').fill('-25');
  await page.getByRole('button', { name: 'Añadir etapa' }).click();
  await page.getByLabel('Desde, línea 2').fill('2037-03-01T00:00');
  await page.getByLabel('Cantidad, línea 2').fill('100');
  await page.getByRole('img', { name: 'Línea de tiempo de las etapas' }).waitFor();
  await page.getByRole('button', { name: 'Guardar', exact: true }).click();
  await page.getByText('Los precios están guardados.').first().waitFor();
  await page.getByRole('button', { name: 'Calcular' }).click();
  // Two at 40 less a quarter, with 16 % IVA.
  await page.getByText(/Total: .*69,60/).waitFor();
  await page.getByText('Impuesto añadido: IVA').first().waitFor();
  await checkAxe(page);
  await checkWidth(page, 360);
  await keepPicture(page, 'console-prices.png');
}

/** Publishes the event whose prices are shown. @returns its address in the shop. */
async function publish(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Volver al evento' }).click();
  await page.getByRole('button', { name: 'Publicar' }).click();
  const link = page.getByRole('link', { name: 'Ver en la tienda' });
  await link.waitFor();
  await keepPicture(page, 'console-event.png');
  return (await link.getAttribute('href'))!;
}

test(
  'an owner starts from nothing: draws a hall of 300 seats, sets two stages and IVA, publishes; the buyer sees it',
  { timeout: 300_000 },
  async () => {
    const look = { width: 1_440, height: 1_000, locale: 'es-VE' };
    const { page, faults, leave } = await hall.enter(hall.ownerApi, '/console/1/plans/new', look);
    await drawHall(page);
    await makeEvent(page);
    await setPrices(page);
    const address = await publish(page);
    await page.goto('/console/1/events');
    await page.getByRole('link', { name: 'La verbena de la Paloma' }).waitFor();
    await checkAxe(page);
    await checkWidth(page, 360);
    assert.deepEqual(faults, []);
    await leave();

    const buyer = await hall.open({ locale: 'es-VE' });
    await buyer.page.goto(address);
    await buyer.page.getByRole('heading', { name: 'La verbena de la Paloma' }).waitFor();
    await buyer.page.getByText(/40,00/).first().waitFor();
    await buyer.page.getByRole('button', { name: 'Reservar los mejores' }).click();
    await buyer.page.getByText(/69,60/).first().waitFor();
    await buyer.leave();
  },
);

test('a plan is drawn and moved by hand, and two who edit it are told', async () => {
  const { page, leave } = await hall.enter(hall.ownerApi, '/console/1/plans/1', {
    width: 1_440,
    height: 1_000,
  });
  await page.getByText('300 seats').waitFor();
  const map = page.getByRole('img', { name: /Map of the plan/ });
  const box = (await map.boundingBox())!;
  await page.getByRole('radio', { name: 'Standing' }).check();
  await page.mouse.move(box.x + 20, box.y + box.height - 90);
  await page.mouse.down();
  await page.mouse.move(box.x + 180, box.y + box.height - 20, { steps: 4 });
  await page.mouse.up();
  await page.getByText('300 seats, 100 standing places').waitFor();
  await page.getByRole('radio', { name: 'Choose', exact: true }).check();
  await page.mouse.move(box.x + 2, box.y + 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2, { steps: 4 });
  await page.mouse.up();
  await page.getByText('300 chosen').waitFor();
  await page.getByRole('button', { name: 'Mirror left and right' }).click();
  await page.keyboard.press('Control+z');

  const plan = await hall.ownerApi.send('GET', '/sellers/1/seat-plans/1');
  const { name, venue_id, document, version } = plan.json as Record<string, unknown>;
  const other = { name: `${String(name)} de otra`, venue_id, document };
  const headers = { 'if-match': `"${String(version)}"` };
  assert.equal((await hall.ownerApi.send('PUT', '/sellers/1/seat-plans/1', other, headers)).status, 200);
  await page.getByRole('button', { name: 'Save plan' }).click();
  await page.getByText('Somebody else changed it meanwhile').waitFor();
  await page.getByRole('button', { name: 'Save mine over it' }).click();
  await page.getByText('Saved as version 3.').first().waitFor();
  await checkAxe(page);
  await leave();
});

test('plans and venues are listed, a file opens in the editor, and a faulty one is told by line', async () => {
  const { page, leave } = await hall.enter(hall.ownerApi, '/console/1/plans');
  await page.getByRole('link', { name: /Sala grande/ }).waitFor();
  await checkAxe(page);
  await checkWidth(page, 360);
  const file = (text: string) => ({ name: 'sala.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByLabel('File', { exact: true }).setInputFiles(file('zone,row\nA,1\n'));
  await page.getByText('The plan cannot be used yet.').waitFor();
  const csv = 'zone,row,seat,x,y,category\nSala,A,1,10,10,Platea\nSala,A,2,40,10,Platea\n';
  await page.getByLabel('File', { exact: true }).setInputFiles(file(csv));
  await page.getByText('2 seats, 0 standing places').waitFor();
  await leave();
});

test('whoever may only read sees no button that changes anything', async () => {
  const { api } = await hall.hire('auditor');
  const { page, leave } = await hall.enter(api, '/console/1/events');
  await page.getByRole('link', { name: 'La verbena de la Paloma' }).click();
  await heading(page, 'La verbena de la Paloma');
  await page.getByText('Your role may not change this.').waitFor();
  assert.equal(await page.getByRole('button', { name: /Save|Publish|Withdraw|draft/ }).count(), 0);
  await checkAxe(page);
  await leave();
});
