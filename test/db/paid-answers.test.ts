import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock, systemIds, uuidv7 } from '../../src/base/ids.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import type { IntentKey } from '../../src/payments/intent.ts';
import { LastPayment } from '../../src/payments/last-payment.ts';
import { PaymentIntents, type IntentRequest } from '../../src/payments/payment-intents.ts';
import { PaymentSettler } from '../../src/payments/settle-payments.job.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { startProcess, type TestProcess } from '../support/process.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let api: TestProcess;
let seat = 0;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  api = await startProcess(database.url, pool);
  hall = await createHall(pool, { seats: 20 });
});
after(async () => {
  await api.stop();
  await pool.end();
  await database.drop();
});

function createIntents(pursue: (key: IntentKey) => Promise<boolean>): PaymentIntents {
  const { events, holds, checkout } = api;
  return new PaymentIntents({
    ...{ pool, events, holds, checkout, pursue },
    lastPayment: new LastPayment({ pool, checkout }),
    provider: undefined,
    clock: systemClock,
    ids: systemIds,
    cardSeconds: 600,
    reportedSeconds: 600,
  });
}

async function orderInCash(): Promise<IntentRequest> {
  const live = (await api.events.get(hall))!;
  const { hold } = await api.holds.place(live, { seatNos: [++seat], zones: [] });
  return {
    key: hall,
    holdId: hold.holdId,
    keyDigest: uuidv7(Date.now()),
    bodyDigest: uuidv7(Date.now()),
    customer: { name: 'Ana', locale: 'es' },
    whole: { method: 'cash', tendered: 5_000 },
    parts: [],
    expectedTotal: null,
    substitutes: false,
  };
}

/** Has somebody else take each order that is paid for a while, in the moment in which it is made. */
async function whileOthersTakeIt(work: () => Promise<void>): Promise<void> {
  await pool.query(
    `create function take_first() returns trigger language plpgsql as $$ begin
       new.leased_until := clock_timestamp() + interval '1 second'; return new; end $$;
     create trigger take_first before insert on payment_intents for each row execute function take_first()`,
  );
  try {
    await work();
  } finally {
    await pool.query('drop function take_first cascade');
  }
}

test('an order in cash is answered with its sale, also when somebody else has taken it first', async () => {
  const settler = new PaymentSettler({
    ...{ pool, events: api.events, holds: api.holds, checkout: api.checkout },
    provider: undefined,
    log: { warn: (fields) => assert.fail(String(fields['err'])) },
  });
  const intents = createIntents((key) => settler.pursue(key));
  await whileOthersTakeIt(async () => {
    const order = await orderInCash();
    const [first, again] = await Promise.all([intents.open(order), intents.open(order)]);
    assert.deepEqual([first.state, again.state], ['settled', 'settled']);
    assert.equal(again.transactionId, first.transactionId);
    // The control: whoever does not look whether another has it answers before there is a sale.
    const hasty = createIntents(async (key) => (await settler.pursue(key)) || true);
    const early = await hasty.open(await orderInCash());
    assert.equal(early.state, 'paid');
    assert.equal((await intents.open({ ...order })).state, 'settled');
  });
});
