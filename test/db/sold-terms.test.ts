import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { Problem } from '../../src/base/errors.ts';
import { uuidv7 } from '../../src/base/ids.ts';
import { issueCreditNote, returnPlaces } from '../../src/cancellation/refund.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { countSales } from '../../src/fulfilment/step.store.ts';
import { ticketText } from '../../src/fulfilment/ticket-text.ts';
import { readSale } from '../../src/orders/sale.store.ts';
import type { Sale } from '../../src/orders/sale.ts';
import { noWishes } from '../../src/pricing/cart-rules.ts';
import type { PriceList } from '../../src/pricing/price-list.ts';
import type { Cart } from '../../src/pricing/quote.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { setPrices } from '../support/prices.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let tenantId = 0;
let api: TestProcess;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  api = await startProcess(database.url, pool);
});
beforeEach(async () => {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 60, standing: 50 });
});
after(async () => {
  const { violations, lines } = await runAudit(pool);
  await api.stop();
  await pool.end();
  await database.drop();
  assert.equal(violations, 0, JSON.stringify(lines.filter((line) => line.count > 0)));
});

const kindsAndStage: Partial<PriceList> = {
  ticketKinds: [
    { code: 'adult', name: 'Adulto', zoneNos: null, change: null },
    { code: 'child', name: 'Niño', zoneNos: null, change: { kind: 'percentage', ppm: -500_000 } },
  ],
  stages: [
    {
      code: 'early',
      name: 'Preventa',
      zoneNos: null,
      from: null,
      until: null,
      quantity: 3,
      change: { kind: 'percentage', ppm: -200_000 },
    },
  ],
};

async function sell(cart: Cart): Promise<Sale> {
  const live = (await api.events.get(hall))!;
  const { hold } = await api.holds.place(live, cart, noWishes);
  const { sale } = await api.checkout.confirm({
    key: hall,
    holdId: hold.holdId,
    keyDigest: uuidv7(Date.now()),
    bodyDigest: uuidv7(Date.now()),
    customer: { name: 'Ana', email: 'ana@example.com', locale: 'es' },
    payment: { method: 'cash' },
    expectedTotal: null,
  });
  await transact(pool, (tx) => countSales(tx, tenantId, [sale.transactionId]));
  return (await readSale(reader(pool), { tenantId, transactionId: sale.transactionId }))!;
}

async function statistics(): Promise<unknown[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select zone_no, price_stage, channel, sum(tickets_sold)::integer as tickets from sales_statistics
      where tenant_id = $1 group by 1, 2, 3 order by 1, 2, 3`,
    [tenantId],
  );
  return rows.map((row) => [row['zone_no'], row['price_stage'], row['channel'], row['tickets']]);
}

/** Has what was sold so far come from a till. */
async function moveToTill(): Promise<void> {
  await pool.query(`update fiscal_points set kind = 'till' where tenant_id = $1`, [tenantId]);
  await pool.query('select rebuild_statistics($1, null, 100)', [tenantId]);
}

/** Statistics made anew say the same. */
async function assertRebuilt(): Promise<void> {
  const read = async () => {
    const { rows } = await pool.query<Record<string, unknown>>(
      'select * from sales_statistics where tenant_id = $1 order by zone_no, price_stage, channel',
      [tenantId],
    );
    return rows.map(({ updated_at: _, ...row }) => row);
  };
  const counted = await read();
  await pool.query('select rebuild_statistics($1, null, 100)', [tenantId]);
  assert.deepEqual(await read(), counted);
}

const mixed: Cart = {
  seatNos: [1],
  seatKinds: ['child'],
  zones: [
    { zoneNo: 2, quantity: 1, kind: 'adult' },
    { zoneNo: 2, quantity: 3, kind: 'child' },
  ],
};

test('each place says as what and in which stage it was sold, also when the prices have others by now', async () => {
  await setPrices(pool, hall, kindsAndStage);
  const sale = await sell(mixed);
  const seen = (of: Sale) => of.items.map(({ kind, stage }) => [kind?.name, stage?.code]);
  const sold = [
    ['Niño', 'early'],
    ['Adulto', 'early'],
    ['Niño', 'early'],
    ['Niño', undefined],
    ['Niño', undefined],
  ];
  assert.deepEqual(seen(sale), sold);
  await setPrices(pool, hall, {});
  assert.deepEqual(seen((await readSale(reader(pool), sale))!), sold);
  assert.equal(ticketText(sale, sale.items[0]!).kind, 'Niño  ·  Preventa');
  assert.equal(ticketText({ ...sale, heldBy: 'x' }, sale.items[0]!).kind, 'Niño');
});

test('statistics tell stages and channels, and a rebuild finds the same', async () => {
  await setPrices(pool, hall, kindsAndStage);
  await sell(mixed);
  const counted = [
    [1, 'early', 'online', 1],
    [2, '', 'online', 2],
    [2, 'early', 'online', 2],
  ];
  assert.deepEqual(await statistics(), counted);
  await pool.query('select rebuild_statistics($1, null, 100)', [tenantId]);
  assert.deepEqual(await statistics(), counted);
  await moveToTill();
  assert.deepEqual(
    await statistics(),
    counted.map(([zone, stage, , tickets]) => [zone, stage, 'till', tickets]),
  );
});

test('what goes back is taken from the stage and the channel that it was sold in', async () => {
  await setPrices(pool, hall, kindsAndStage);
  const { transactionId } = await sell(mixed);
  const order = {
    ...{ tenantId, transactionId, kind: 'refund' as const, feesReturned: true, resold: true },
    ...{ reason: 'asked for', note: null, staffId: null, keyDigest: null, bodyDigest: null },
    ...{ bulkId: null, exchange: null },
  };
  const giveBack = (itemNos: number[]) =>
    transact(pool, async (tx) => {
      const { outcome, refundNo } = await returnPlaces(tx, { ...order, itemNos });
      assert.equal(outcome, 'returned');
      assert.equal(await issueCreditNote(tx, order, refundNo), 'issued');
    });
  const returned = async () => {
    const { rows } = await pool.query<Record<string, unknown>>(
      `select zone_no, price_stage, channel, tickets_returned, total_returned from sales_statistics
        where tenant_id = $1 order by 1, 2, 3`,
      [tenantId],
    );
    return rows.map((row) => Object.values(row).slice(0, 4));
  };
  await giveBack([1, 4]);
  assert.deepEqual(await returned(), [
    [1, 'early', 'online', 1],
    [2, '', 'online', 1],
    [2, 'early', 'online', 0],
  ]);
  await assertRebuilt();
  await moveToTill();
  await giveBack([3]);
  assert.deepEqual(await returned(), [
    [1, 'early', 'till', 1],
    [2, '', 'till', 1],
    [2, 'early', 'till', 1],
  ]);
  await assertRebuilt();
});

test('a plain sale is of no kind and no stage', async () => {
  const { items } = await sell({ seatNos: [1, 2], zones: [] });
  assert.deepEqual(
    items.map(({ kind, stage }) => [kind, stage]),
    [
      [null, null],
      [null, null],
    ],
  );
  assert.deepEqual(await statistics(), [[1, '', 'online', 2]]);
});

test('a table is sold whole, also to whoever paid late for a part of it, and stands in for no other seats', async () => {
  const part: Cart = { seatNos: [1, 2], zones: [] };
  const unpriced = (await api.events.get(hall))!;
  const { hold } = await api.holds.place(unpriced, part, noWishes);
  await api.holds.release(unpriced, hold.holdId);
  await setPrices(pool, hall, { wholeTables: [{ zoneNo: 1, rows: ['1', '2'] }] });
  const live = (await api.events.reload(hall))!;
  const refused = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;
  await assert.rejects(api.holds.place(live, part, noWishes), refused('table_incomplete'));
  await assert.rejects(api.holds.placeAgain(live, part, hold.quote), refused('seat_unavailable'));
  const equal = api.holds.proposeEqual(live, [45, 46]);
  assert.deepEqual(
    [...(equal?.values() ?? [])].filter((seatNo) => seatNo <= 40),
    [],
  );
  const table: Cart = { seatNos: Array.from({ length: 20 }, (_, i) => i + 1), zones: [] };
  assert.equal((await sell(table)).items.length, 20);
});
