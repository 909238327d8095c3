import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operate } from '../../chaos/support/market-operations.ts';
import { endMarket, judgeMarket } from '../../chaos/support/market-verdict.ts';
import { Market } from '../../chaos/support/market.ts';
import { createPool } from '../../src/db/pool.ts';
import { createTestDatabase } from '../support/database.ts';
import { startStripeFake } from '../support/fakes/stripe.ts';
import { PaymentHall } from '../support/payment-hall.ts';
import { startServer } from '../support/server.ts';

const seed = 5;
const operations = 300;

test('whatever clients do to sales, money and fiscal days, all that must be true is', async () => {
  const database = await createTestDatabase();
  const stripe = await startStripeFake();
  const pool = createPool({ url: database.url, size: 6, name: 'test' });
  const env = { ...PaymentHall.env(stripe), TRUST_PROXY: 'loopback' };
  const server = await startServer({ databaseUrl: database.url, env });
  stripe.sendTo(server.url);
  const market = await Market.open({ pool, stripe, urls: [server.url], seed, sellers: 3, seats: 60 });
  try {
    await market.trade({ clients: 12, operations, seed }, operate);
    const checks = await judgeMarket(market, await endMarket(market));
    const replay = `npm test -- unit test/db/operations.test.ts, seed ${seed}`;
    for (const { name, faults } of checks)
      assert.deepEqual(faults, [], `${name}; again by: ${replay}: ${faults.join('\n')}`);
    assert.ok(market.told.length > 0);
    // Control: what the provider took beyond that is found, by payment and by sale.
    stripe.sessions.find(({ paymentStatus }) => paymentStatus === 'paid')!.amount += 1;
    const found = (await judgeMarket(market, [])).filter(({ faults }) => faults.length > 0);
    assert.deepEqual(
      found.map(({ name, faults }) => `${name.slice(0, 3)} ${faults.length}`),
      ['I10 1', 'I10 1'],
    );
  } finally {
    market.close();
    await server.stop();
    await stripe.stop();
    await pool.end();
    await database.drop();
  }
});
