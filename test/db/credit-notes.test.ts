import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { DayReport } from '../../src/fiscal/day-report.ts';
import { json } from '../support/payment-hall.ts';
import { UndoingHall } from '../support/undoing-hall.ts';
import { transact } from '../../src/db/transaction.ts';
import { countTaxChange } from '../../src/tax/tax-rule.store.ts';
import { exportAndVerify } from '../support/verify-export.ts';

let hall: UndoingHall;

before(async () => {
  hall = await UndoingHall.start();
});
beforeEach(() => hall.house.renew());
after(() => hall.house.stop());

test('what was undone stands in the Z of its day, as a document, and in the export', async () => {
  const voided = await hall.sell([1, 2]);
  const kept = await hall.sell([3, 4], 1);
  const whole = (await hall.post(voided, 'void', {})).json as { total: number; credit_note: string };
  const part = await hall.refund(kept, { ticket_ids: [hall.ticket(kept, 1)] });
  await hall.setDay(false);
  const seller = `/sellers/${hall.tenantId}`;
  const z = json<DayReport>(await hall.staff.send('GET', `${seller}/points/1/days/1`));
  const sums = (of: DayReport['sales']) => of.map(({ count, total }) => [count, total]);
  assert.deepEqual(sums(z.sales), [[2, voided.total + kept.total]]);
  assert.deepEqual(sums(z.voids), [[1, whole.total]]);
  assert.deepEqual(sums(z.credit_notes), [[1, part.total]]);
  assert.deepEqual(
    z.balance.map(({ total }) => total),
    [kept.total - part.total],
  );
  assert.deepEqual(
    z.series.map(({ kind, count, first, last }) => [kind, count, first, last]),
    [
      ['sales', 2, 'A-00000001', 'A-00000002'],
      ['credit_notes', 2, whole.credit_note, part.credit_note],
    ],
  );

  const path = `${seller}/fiscal-series/2/documents/2`;
  const document = json<{ kind: string; number: string; total: number }>(await hall.staff.send('GET', path));
  assert.deepEqual([document.kind, document.total], ['credit_note', part.total]);
  const printed = await hall.staff.send('GET', `${path}/print?format=pdf`);
  assert.equal(printed.status, 200);
  const escpos = await hall.staff.send('GET', `${path}/print?format=escpos`);
  assert.ok(escpos.text.includes(part.credit_note), 'the number stands on the slip');
  assert.equal(
    await exportAndVerify(hall.house.database.url, hall.tenantId),
    '4 documents and 1 Zs are sound.',
  );
  await hall.house.assertSound();
});

type TaxLine = { name: string; rate?: number; amount: number };

test('the taxes of a credit note stand by rule as on the receipt, and those of all notes come to it', async () => {
  const { house, tenantId } = hall;
  await transact(house.pool, async (tx) => {
    await tx.query({
      text: `insert into tax_rules (tenant_id, tax_rule_id, name, kind, rate_ppm, inclusion, zone_no, event_id)
             values ($1, 2, 'Municipal', 'percentage', 33333, 'added', null, null),
                    ($1, 3, 'Platea', 'percentage', 12345, 'added', 1, $2)`,
      values: [tenantId, house.hall.eventId],
    });
    await countTaxChange(tx, tenantId);
  });
  const sale = await hall.sell([1, 2], 3);
  await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 1)] });
  await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 3)] });
  await hall.refund(sale);
  const read = async (seriesId: number, number: number) => {
    const path = `/sellers/${tenantId}/fiscal-series/${seriesId}/documents/${number}`;
    return json<{ tax_lines: TaxLine[]; taxes: number }>(await hall.staff.send('GET', path));
  };
  const receipt = await read(1, 1);
  assert.deepEqual(
    receipt.tax_lines.map(({ name }) => name),
    ['IVA', 'Municipal', 'Platea'],
  );
  const notes = [await read(2, 1), await read(2, 2), await read(2, 3)];
  for (const { tax_lines, taxes } of notes)
    assert.equal(
      tax_lines.reduce((sum, { amount }) => sum + amount, 0),
      taxes,
    );
  assert.deepEqual(
    notes.map(({ tax_lines }) => tax_lines.map(({ name }) => name)),
    [
      ['IVA', 'Municipal', 'Platea'],
      ['IVA', 'Municipal'],
      ['IVA', 'Municipal', 'Platea'],
    ],
  );
  for (const { name, rate, amount } of receipt.tax_lines) {
    const gone = notes.flatMap(({ tax_lines }) => tax_lines.filter((line) => line.name === name));
    assert.equal(
      gone.reduce((sum, line) => sum + line.amount, 0),
      amount,
      name,
    );
    assert.ok(gone.every((line) => line.rate === rate));
  }
  assert.deepEqual(
    notes[0]!.tax_lines.map(({ amount }) => amount),
    [400, 83, 31],
  );
  await house.assertSound();
});
