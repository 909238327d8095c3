import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { verifyTicket } from '../src/admission/ticket-code.ts';
import { drawTickets } from '../src/fulfilment/ticket-pdf.ts';
import { toWinAnsi, winAnsiByte } from '../src/fulfilment/win-ansi.ts';
import { readPdf } from './support/read-pdf.ts';
import { sampleKeys, sampleSale } from './support/sample-sale.ts';

test('a PDF has a page for each ticket, with all that a ticket says and a QR code that verifies', async () => {
  const sale = sampleSale();
  const pages = await readPdf(await drawTickets(sale));
  assert.equal(pages.length, 2);
  const [seated, standing] = pages;
  for (const text of [
    'La flauta mágica',
    'Viernes, 11 de diciembre de 2026',
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
  assert.match(page?.text ?? '', /Saturday, December 12, 2026 · 9:30 AM/);
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
