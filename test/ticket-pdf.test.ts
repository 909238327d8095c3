import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { verifyTicket } from '../src/admission/ticket-code.ts';
import { drawHallMap } from '../src/fulfilment/hall-map.ts';
import { drawTickets } from '../src/fulfilment/ticket-pdf.ts';
import { toWinAnsi, winAnsiByte } from '../src/fulfilment/win-ansi.ts';
import { readPdf, readPdfParts } from './support/read-pdf.ts';
import { sampleEvent } from './support/sample-event.ts';
import { sampleKeys, sampleSale } from './support/sample-sale.ts';

test('a PDF has a page for each ticket, with all that a ticket says and a QR code that verifies', async () => {
  const sale = sampleSale();
  const pages = await readPdf(await drawTickets(sale));
  assert.equal(pages.length, 2);
  const [seated, standing] = pages;
  for (const text of [
    'La flauta mágica',
    'Viernes, 11 de diciembre de 2037',
    '8:30 p. m.',
    'Teatro Baralt',
    'Av. 5 con calle 95',
    'Platea',
    'FILA F',
    'ASIENTO 12',
    'Ana María Pérez',
    'USD 24,70',
    'A-00000042',
    'Teatro del Lago C.A.',
    'J-30123456-7',
    `${sale.transactionId}-1`,
    'Entrada 1 / 2',
  ]) {
    assert.ok(seated?.text.includes(text), `${text} is missing in:\n${seated?.text}`);
  }
  assert.ok(standing?.text.includes('ENTRADA GENERAL De pie'));
  for (const [i, page] of pages.entries()) {
    const verdict = verifyTicket(page.qr ?? '', () => sampleKeys.publicKey);
    assert.ok(verdict.valid, `page ${i + 1} has no ticket code`);
    assert.equal(verdict.claims.itemNo, i + 1);
    assert.equal(verdict.claims.transactionId, sale.transactionId);
  }
});

test("a ticket is in the buyer's language and in the venue's time zone", async () => {
  const venue = { name: 'Hall', address: null, timezone: 'Asia/Tokyo' };
  const [page] = await readPdf(await drawTickets(sampleSale({ locale: 'en', venue })));
  assert.match(page?.text ?? '', /Saturday, December 12, 2037 · 9:30 AM/);
  assert.match(page?.text ?? '', /Admits one person once/);
});

test('the same sale gives the same bytes', async () => {
  const first = await drawTickets(sampleSale());
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await drawTickets(sampleSale()), first);
});

test('texts of any length and alphabet leave the code readable', async () => {
  const sale = sampleSale({
    event: { eventId: 4, name: 'Una palabra larguísima: ' + 'ñandú'.repeat(40), startsAt: new Date() },
    customer: { name: '王小明', email: 'wang@example.com', phone: null },
    venue: { name: 'Зал '.repeat(40), address: '🎉 '.repeat(80) + 'Ελλάδα', timezone: 'Europe/Athens' },
    fiscalNumber: 'PREFIJO-'.repeat(8) + '000000000000000042',
  });
  for (const page of await readPdf(await drawTickets(sale))) {
    assert.ok(verifyTicket(page.qr ?? '', () => sampleKeys.publicKey).valid);
    assert.ok(
      page.text.includes('wang@example.com'),
      'a name without a Latin spelling gives way to the address',
    );
  }
});

test('every text becomes one of characters that the fonts have', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const spelled = toWinAnsi(text);
      for (let i = 0; i < spelled.length; i++) {
        const byte = winAnsiByte(spelled, i);
        assert.ok(byte >= 32 && (byte !== 63 || '?' === spelled[i]));
      }
    }),
  );
  assert.equal(toWinAnsi('Łukasz Đorđević'), 'Lukasz Dordevic');
  assert.equal(toWinAnsi('Иван Петров'), 'Ivan Petrov');
  assert.equal(toWinAnsi('José 🎉\tÑáñez'), 'José Ñáñez');
  assert.equal(toWinAnsi('王小明'), '');
});

/** Ten rows of twenty seats behind a stage. */
const hallEvent = () =>
  sampleEvent({
    seats: Array.from({ length: 200 }, (_, i) => ({
      zoneNo: 1,
      rowNo: Math.floor(i / 20) + 1,
      position: (i % 20) + 1,
      x: (i % 20) * 10,
      y: 60 + Math.floor(i / 20) * 12,
    })),
    areas: [{ shape: 'rectangle', x: 40, y: 0, width: 110, height: 30, zoneNo: 2 }],
  });

const look = {
  brand: { name: 'Ópera de Caracas', logoUrl: null, color: '#ffe066' },
  map: drawHallMap(hallEvent()),
  terms: { es: 'Sin cambios ni devoluciones.', en: 'No exchanges, no refunds.' },
};

test("the seller's brand and the terms stand on every page, in the buyer's language", async () => {
  for (const [locale, words] of [
    ['es', 'Sin cambios ni devoluciones.'],
    ['en', 'No exchanges, no refunds.'],
  ] as const) {
    const pages = await readPdf(await drawTickets(sampleSale({ locale }), look));
    assert.equal(pages.length, 2);
    for (const page of pages) {
      assert.ok(page.text.includes('ÓPERA DE CARACAS'), page.text);
      assert.ok(page.text.includes(words), page.text);
      assert.ok(verifyTicket(page.qr ?? '', () => sampleKeys.publicKey).valid);
    }
  }
});

test('who listens to a ticket hears its parts in order, the pictures in words', async () => {
  const { lang, title, pages } = await readPdfParts(await drawTickets(sampleSale(), look));
  assert.equal(lang, 'es');
  assert.equal(title, 'Entradas: La flauta mágica');
  const [first] = pages;
  assert.deepEqual(
    first?.map(({ role }) => role),
    ['P', 'H1', 'P', 'Figure', 'Figure', 'P'],
  );
  const said = first?.map(({ alt }) => alt).filter((alt) => alt !== undefined);
  assert.equal(said?.[0], 'Su lugar en la sala: Zona Platea, Fila F, Asiento 12');
  assert.match(said?.[1] ?? '', /^Código QR de la entrada 019a5b7e/);
});

test('a hall is drawn within its box, each seat where the plan has it', () => {
  const event = hallEvent();
  const map = drawHallMap(event)!;
  assert.ok(map.width <= 288.01 && map.height <= 104.01);
  for (let seatNo = 1; seatNo <= event.seats.count; seatNo++) {
    const at = map.seat(seatNo)!;
    assert.ok(at.x >= 0 && at.x <= map.width && at.y >= 0 && at.y <= map.height);
  }
  const [a, b] = [map.seat(1)!, map.seat(event.seats.count)!];
  const { x, y } = event.seats;
  assert.equal(Math.sign(b.x - a.x), Math.sign(x.at(-1)! - x[0]!));
  assert.equal(Math.sign(b.y - a.y), Math.sign(y.at(-1)! - y[0]!));
  assert.match(map.zone(2) ?? '', /^[\d. ]+ m [\d. l]+ h$/);
  assert.equal(map.zone(1), null);
  assert.equal(map.seat(0), null);
  assert.equal(map.seat(event.seats.count + 1), null);
});

test('what a holder gets says neither the price nor the number of the sale', async () => {
  const sale = sampleSale({ heldBy: '019a5b7e-6f10-7abc-9def-000000000001' });
  sale.items[0]!.ticket!.transferId = sale.heldBy;
  const pages = await readPdf(await drawTickets(sale, look));
  assert.equal(pages.length, 1);
  assert.doesNotMatch(pages[0]!.text, /USD|A-0000|Entrada 1/);
});
