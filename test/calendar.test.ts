import assert from 'node:assert/strict';
import { test } from 'node:test';
import ICAL from 'ical.js';
import { writeCalendar } from '../src/fulfilment/calendar.ts';
import { sampleSale } from './support/sample-sale.ts';

const pageUrl = 'https://shop.example/orders/1?token=1.abc';

function parse(text: string) {
  const calendar = new ICAL.Component(ICAL.parse(text) as unknown[]);
  const [entry, ...more] = calendar.getAllSubcomponents('vevent');
  assert.ok(entry);
  assert.equal(more.length, 0);
  return { calendar, event: new ICAL.Event(entry), entry };
}

test('another reader finds the event, its instant, its place and the order', () => {
  const { calendar, event, entry } = parse(writeCalendar(sampleSale(), pageUrl));
  assert.equal(calendar.getFirstPropertyValue('method'), 'PUBLISH');
  assert.equal(calendar.getFirstPropertyValue('version'), '2.0');
  assert.equal(event.summary, 'La flauta mágica');
  assert.equal(event.startDate.toJSDate().toISOString(), '2037-12-12T00:30:00.000Z');
  assert.equal(event.location, 'Teatro Baralt, Av. 5 con calle 95, Maracaibo');
  assert.match(
    event.description,
    /^Teatro del Lago\nPlatea, fila F, asiento 12\nDe pie\n\nSus entradas: https:/,
  );
  assert.ok(event.description.endsWith(pageUrl));
  assert.equal(entry.getFirstPropertyValue('url'), pageUrl);
  assert.equal(event.uid, '1-3.019a5b7e-6f10-7abc-9def-0123456789ab@taquilla');
});

test('the same sale has the same entry, and another sale another', () => {
  const first = writeCalendar(sampleSale(), null);
  assert.equal(writeCalendar(sampleSale(), null), first);
  const moved = sampleSale({ event: { eventId: 3, name: 'x', startsAt: new Date('2038-01-01T00:00:00Z') } });
  assert.equal(parse(writeCalendar(moved, null)).event.uid, parse(first).event.uid);
  const other = sampleSale({ transactionId: '019a5b7e-6f10-7abc-9def-0123456789ac' });
  assert.notEqual(parse(writeCalendar(other, null)).event.uid, parse(first).event.uid);
  assert.doesNotMatch(first, /https?:/);
});

test('what people write adds no lines of its own, and long lines are folded', () => {
  const name = 'Ópera; "a, b"\\\r\nATTENDEE:mailto:x@example.com\nBEGIN:VEVENT';
  const venue = { name: 'é'.repeat(200), address: 'a\nb', timezone: 'America/Caracas' };
  const sale = sampleSale({ event: { eventId: 3, name, startsAt: new Date('2037-12-12T00:30:00Z') }, venue });
  const text = writeCalendar(sale, pageUrl);
  const { event, entry } = parse(text);
  assert.equal(event.summary.replaceAll('\r', ''), name.replaceAll('\r', ''));
  assert.equal(entry.getAllProperties('attendee').length, 0);
  assert.equal(event.location, `${venue.name}, a\nb`);
  for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
});
