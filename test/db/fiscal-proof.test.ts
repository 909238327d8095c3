import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import { createHall } from '../support/hall.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';

const sales = 3;

let server: IdentityHall;
let owner: Browser;
let cashier: Browser;

before(async () => {
  server = await startIdentityHall(0);
  const hall = await createHall(server.pool, { tenantId: 1, seats: 10 });
  owner = await signedIn(server.pool, server.client, 1, 'owner');
  cashier = await signedIn(server.pool, server.client, 1, 'cashier');
  for (let seat = 1; seat <= sales; seat++) {
    const cart = { event_id: formatEventId(hall), seats: [formatSeatId(hall, seat)] };
    const held = await server.client.send('POST', '/sales/holds', cart);
    const sale = {
      hold_token: (held.json as { hold_token: string }).hold_token,
      customer: { name: 'Ana' },
      payment: { method: 'cash' },
    };
    const key = { 'idempotency-key': `sale-${seat}` };
    assert.equal((await server.client.send('POST', '/sales/checkout/confirm', sale, key)).status, 202);
  }
});
after(async () => {
  await server.stop();
});

type Proof = {
  holds: boolean;
  series: { series_id: number; documents: number; first: string | null; last: string | null }[];
  checks: { id: string; violations: number; culprits: string[] }[];
};

test('the gapless proof holds, and does not once a document was tampered with', async () => {
  const prove = async () => (await owner.send('GET', '/sellers/1/fiscal-proof')).json as Proof;
  const sound = await prove();
  assert.equal(sound.holds, true);
  assert.ok(sound.checks.length > 5);
  assert.equal(sound.series.find((one) => one.series_id === 1)?.documents, sales);
  assert.equal(outcomeOf(await cashier.send('GET', '/sellers/1/fiscal-proof')), 'forbidden');
  const change = (by: number) =>
    server.pool.query(
      `update fiscal_documents set total = total + $1 where tenant_id = 1 and series_id = 1 and number = 2`,
      [by],
    );
  await change(1);
  const broken = await prove();
  assert.equal(broken.holds, false);
  assert.ok(broken.checks.some((one) => one.violations > 0 && one.culprits.length > 0));
  await change(-1);
  assert.equal((await prove()).holds, true);
});
