import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { runAudit } from '../../src/audit/run-audit.ts';
import {
  checkAxe,
  checkWidth,
  startConsoleHall,
  type ConsoleHall,
  type ConsoleLook,
  type ConsoleVisit,
} from '../support/console-hall.ts';
import { startHttpFake } from '../support/fakes/http-fake.ts';
import { createHall } from '../support/hall.ts';
import { readPdf } from '../support/read-pdf.ts';
import { addKey } from '../support/till-hall.ts';
import { waitUntil } from '../support/wait.ts';

const strokesMax = 8;

let hall: ConsoleHall;
before(async () => {
  hall = await startConsoleHall(async (pool) => {
    const { tenantId } = await createHall(pool, { seats: 200 });
    await addKey(pool, tenantId);
  });
  await hall.ownerApi.send('POST', '/sellers/1/points', { name: 'Caja 1' });
});
after(async () => {
  const { lines } = await runAudit(hall.pool);
  await hall.stop();
  assert.deepEqual(
    lines.filter((line) => line.count > 0).map((line) => [line.id, line.culprits]),
    [],
  );
});

async function countSales(): Promise<number> {
  const { rows } = await hall.pool.query<{ n: number }>('select count(*)::integer as n from transactions');
  return rows[0]!.n;
}

/** A cashier at a till of their own, whose shift is not open yet. */
async function sit(name: string, look?: ConsoleLook): Promise<ConsoleVisit> {
  const added = await hall.ownerApi.send('POST', '/sellers/1/points', { name });
  assert.equal(added.status, 201, added.text);
  const { api } = await hall.hire('cashier');
  const visit = await hall.enter(api, '/console/box-office', look);
  await visit.page.waitForURL('**/console/1/box-office');
  await visit.page.evaluate('window.printed = 0; window.print = () => { window.printed += 1; }');
  return visit;
}

async function openShift(page: Page, till: string): Promise<void> {
  await page.getByRole('button', { name: till }).click();
  await page.getByLabel(/Float/).fill('50');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('heading', { name: 'Noche de gala' }).waitFor();
}

const printed = (page: Page) => page.evaluate<number>('window.printed');

test('a cashier sells two tickets in cash by the keyboard alone, in at most eight key strokes', async () => {
  const visit = await sit('Caja teclado');
  const { page, faults } = visit;
  const { keyboard } = page;
  await page.getByRole('heading', { name: 'Choose the till' }).waitFor();
  await checkAxe(page);
  const { n: till } = await page.evaluate<{ n: string }>(
    `({ n: [...document.querySelectorAll('.choice')].find((one) => one.textContent.includes('Caja teclado')).querySelector('kbd').textContent })`,
  );
  await keyboard.press(till);
  await page.getByRole('heading', { name: 'Open the shift' }).waitFor();
  await checkAxe(page);
  await keyboard.type('50');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Noche de gala' }).waitFor();
  await checkAxe(page);
  await checkWidth(page, 360);

  let strokes = 0;
  const press = async (key: string): Promise<void> => {
    strokes += 1;
    await keyboard.press(key);
  };
  await press('2');
  await page.getByText('$58.00').waitFor();
  await press('Enter');
  await page.getByRole('heading', { name: 'Payment' }).waitFor();
  await press('6');
  await press('0');
  await page.getByText('Change: $2.00').waitFor();
  await press('Enter');
  await page.getByRole('heading', { name: /^Sold as number/ }).waitFor();
  await page.getByText('Change: $2.00').waitFor();
  await press('T');
  await waitUntil('the tickets are printed', async () => (await printed(page)) === 1);
  await press('Enter');
  await page.getByText('There are no places yet.').waitFor();
  assert.ok(strokes <= strokesMax, `${strokes} key strokes`);

  // The last sale again, its receipt on paper.
  await keyboard.press('L');
  await page.getByRole('heading', { name: /^Sold as number/ }).waitFor();
  await checkAxe(page);
  await keyboard.press('R');
  await waitUntil('the receipt is printed', async () => (await printed(page)) === 2);
  const [receipt] = await readPdf(await page.pdf({ preferCSSPageSize: true }));
  for (const words of ['Teatro, C.A.', 'J-1', 'Noche de gala', 'IVA 16', '$58.00', 'Cash', 'Walk-in buyer']) {
    assert.ok(receipt!.text.includes(words), `${words} in ${receipt!.text}`);
  }
  await keyboard.press('T');
  await waitUntil('the tickets are printed again', async () => (await printed(page)) === 3);
  const tickets = await readPdf(await page.pdf({ preferCSSPageSize: true }));
  assert.equal(tickets.filter((one) => one.text.includes('Noche de gala')).length, 2);
  assert.deepEqual(faults, []);
  await visit.leave();
});

test('an answer that is lost is told at once, asked for by its key, and nothing is sold twice', async () => {
  const visit = await sit('Caja red');
  const { page } = visit;
  await openShift(page, 'Caja red');
  const salesBefore = await countSales();
  let sent = 0;
  let isDown = true;
  await page.route('**/sales/checkout/confirm', async (route) => {
    sent += 1;
    // The server sells, and its answer is lost on the way.
    if (sent === 1) await route.fetch();
    if (isDown) await route.abort();
    else await route.continue();
  });
  await page.keyboard.press('1');
  await page.getByText('$29.00').first().waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Nobody knows whether the sale was made' }).waitFor();
  await checkAxe(page);
  await page.keyboard.press('Enter');
  await waitUntil('it is asked for again', () => sent >= 3);
  assert.equal(await countSales(), salesBefore + 1);
  // The till's browser starts again in the middle of it.
  await page.reload();
  await page.getByRole('heading', { name: 'Nobody knows whether the sale was made' }).waitFor();
  isDown = false;
  await page.getByRole('heading', { name: /^Sold as number/ }).waitFor();
  assert.equal(await countSales(), salesBefore + 1);
  await page.keyboard.press('Enter');
  await page.getByText('There are no places yet.').waitFor();

  await page.context().setOffline(true);
  await page.getByText('The server cannot be reached. Nothing can be sold').waitFor();
  await checkAxe(page);
  await page.context().setOffline(false);
  await page.getByText('Connected').waitFor();
  await visit.leave();
});

type Columns = { size: { width: number; height: number }; seats: { x: number[]; y: number[] } };

/** Touches a seat where the map shows it when it shows all of the plan. */
async function tapSeat(page: Page, { size, seats }: Columns, seat: number): Promise<void> {
  const box = (await page.locator('canvas').boundingBox())!;
  const pitch = 10;
  const left = Math.min(0, Math.min(...seats.x) - pitch);
  const right = Math.max(size.width, Math.max(...seats.x) + pitch);
  const top = Math.min(0, Math.min(...seats.y) - pitch);
  const bottom = Math.max(size.height, Math.max(...seats.y) + pitch);
  const scale = Math.min(box.width / (right - left), box.height / (bottom - top)) * 0.94;
  await page.mouse.click(
    box.x + box.width / 2 + (seats.x[seat]! - (left + right) / 2) * scale,
    box.y + box.height / 2 + (seats.y[seat]! - (top + bottom) / 2) * scale,
  );
}

async function setPrices(): Promise<void> {
  const path = '/sellers/1/events/1-1/price-list';
  const { event_id: _, ...list } = (await hall.ownerApi.send('GET', path)).json as Record<string, unknown>;
  const saved = await hall.ownerApi.send('PUT', path, {
    ...list,
    ticket_kinds: [
      { code: 'adult', name: 'Adulto' },
      { code: 'child', name: 'Niño', change: { kind: 'percentage', value: -500_000 } },
    ],
  });
  assert.equal(saved.status, 200, saved.text);
  const voucher = { code: 'MITAD', effect: 'percentage', value: 500_000, currency: 'USD' };
  const made = await hall.ownerApi.send('POST', '/sellers/1/vouchers', voucher);
  assert.equal(made.status, 201, made.text);
  await waitUntil('the kinds are known', async () => {
    const event = (await hall.client.send('GET', '/events/1-1')).json as { ticket_kinds: unknown[] };
    return event.ticket_kinds.length === 2;
  });
}

/** Sells three places in cash, and voids the sale; the owner says that its money went back. */
async function sellAndVoid(page: Page): Promise<void> {
  await page.getByRole('button', { name: '3 places' }).click();
  await page.getByText('$87.00').waitFor();
  await page.getByRole('button', { name: /^Take payment/ }).click();
  await page.getByRole('button', { name: /^Confirm the sale/ }).click();
  await page.getByRole('heading', { name: /^Sold as number/ }).waitFor();
  await page.getByRole('button', { name: /^Void/ }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('Se arrepintió');
  await page.getByRole('dialog').getByRole('button', { name: 'Void' }).click();
  await page.getByText('Voided', { exact: true }).waitFor();
  // The drawer is short of the money once somebody with the right to says that it went back.
  const { rows } = await hall.pool.query<{ id: string }>('select transaction_id as id from refunds');
  assert.equal(rows.length, 1);
  const repayments = `/sellers/1/sales/${rows[0]!.id}/refunds/1/repayments`;
  const repaid = await hall.ownerApi.send(
    'POST',
    repayments,
    { method: 'cash' },
    { 'idempotency-key': 'back' },
  );
  assert.equal(repaid.status, 201, repaid.text);
}

test('seats from the map and by name, kinds, a voucher, parts; then a void and the count of the shift', async () => {
  await setPrices();
  const visit = await sit('Caja mapa');
  const { page, faults } = visit;
  await openShift(page, 'Caja mapa');
  const plan = (await hall.client.send('GET', '/events/1-1/seats?format=columns')).json as Columns;
  await page.getByRole('button', { name: /^Map/ }).click();
  await page.locator('canvas').waitFor();
  await checkAxe(page);
  await tapSeat(page, plan, 150);
  await page.getByText(/Chosen seats/).waitFor();
  await page.getByLabel('Seat by row and number').fill('10 19');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Hold them (2)' }).click();
  await page.getByText('Row 10, seat 19').last().waitFor();
  await page.getByRole('button', { name: 'More: Niño' }).click();
  await page.getByText('$43.50').waitFor();
  await page.getByLabel('Voucher').fill('mitad');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('$21.75').waitFor();
  await checkAxe(page);
  await checkWidth(page, 360);

  await page.getByRole('button', { name: /^Take payment/ }).click();
  await page.getByRole('button', { name: 'Card at a terminal' }).click();
  await page.getByLabel('Handed over').fill('10');
  await page.getByLabel('Reference').fill('V-0042');
  await page.getByRole('button', { name: /^Confirm the sale/ }).click();
  await page.getByText('It is less than what is due').waitFor();
  await page.getByRole('button', { name: /^Add as a part/ }).click();
  await page.getByText('$11.75').waitFor();
  await checkAxe(page);
  await page.getByRole('button', { name: 'Cash', exact: false }).click();
  await page.getByLabel('Handed over').fill('20');
  await page.getByText('Change: $8.25').waitFor();
  await page.getByRole('button', { name: /^Confirm the sale/ }).click();
  await page.getByRole('heading', { name: /^Sold as number/ }).waitFor();

  await page.getByRole('button', { name: /^Next sale/ }).click();

  await sellAndVoid(page);
  await page.getByRole('button', { name: /^Next sale/ }).click();

  await page.getByRole('button', { name: 'Close the shift' }).click();
  await page.getByLabel('Counted in USD').fill('nothing');
  await page.locator('form').getByRole('button', { name: 'Close the shift' }).click();
  await page.getByText('Type an amount, such as 50.00.').waitFor();
  await checkAxe(page);
  await page.getByLabel('Counted in USD').fill('60.75');
  await page.locator('form').getByRole('button', { name: 'Close the shift' }).click();
  await page.getByRole('heading', { name: 'The shift is closed' }).waitFor();
  await checkAxe(page);
  // The float, and the cash of the sale in parts; that of the other sale went back.
  assert.match(
    (await page.getByRole('row', { name: /USD/ }).innerText()).replaceAll(/\s+/g, ' '),
    /\$61\.75 \$60\.75 -\$1\.00/,
  );
  await page.getByRole('button', { name: /^Done/ }).click();
  await page.getByRole('heading', { name: 'Choose the till' }).waitFor();
  assert.deepEqual(faults, []);
  await visit.leave();
});

test("a receipt's bytes go to a print server on this machine", async (t) => {
  const printServer = await startHttpFake((_request, response) => void response.writeHead(200).end());
  t.after(() => printServer.stop());
  const visit = await sit('Caja térmica', { locale: 'es-VE' });
  const { page } = visit;
  await page.getByRole('button', { name: 'Caja térmica' }).click();
  await page.getByRole('button', { name: 'Abrir' }).click();
  await page.getByRole('button', { name: 'Impresora' }).click();
  await page.getByLabel('Recibos por').selectOption('url');
  await page.getByLabel('Dirección del servidor de impresión').fill(`${printServer.url}/print`);
  await page.getByLabel('Imprimir tras cada venta').selectOption('receipt');
  await checkAxe(page);
  await page.getByRole('button', { name: 'Guardar' }).click();
  await page.keyboard.press('1');
  await page.getByText('Apartados').waitFor();
  await checkAxe(page);
  await checkWidth(page, 360);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Cobro' }).waitFor();
  await checkAxe(page);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /^Vendido con el número/ }).waitFor();
  await waitUntil('the bytes', () => printServer.log.length > 0);
  const { body } = printServer.log[0]!;
  assert.equal(body.subarray(0, 2).toString('latin1'), '\u001b@');
  assert.ok(body.toString('latin1').includes('TOTAL'));
  await visit.leave();
});
