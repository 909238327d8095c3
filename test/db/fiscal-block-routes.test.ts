import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { transact } from '../../src/db/transaction.ts';
import { leaseProcessBlocks, leaseTillBlocks } from '../../src/fiscal/fiscal-block.store.ts';
import { setNumbering } from '../../src/fiscal/fiscal-series.store.ts';
import { signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';

let hall: IdentityHall;
let owner: Browser;
const key = { tenantId: 1, seriesId: 1 };
const path = '/sellers/1/fiscal-series/1/blocks';

before(async () => {
  hall = await startIdentityHall(2);
  owner = await signedIn(hall.pool, hall.client, 1, 'owner');
  await transact(hall.pool, (tx) => setNumbering(tx, key, { numbering: 'preallocated', blockSize: 10 }));
  await leaseProcessBlocks(hall.pool, key, 'a process');
  await transact(hall.pool, (tx) => leaseTillBlocks(tx, key, { deviceNo: 7 }));
});
after(async () => {
  await hall.stop();
});

test('every block and its fate can be read, page by page', async () => {
  const first = await owner.send('GET', `${path}?limit=1`);
  assert.equal(first.status, 200, first.text);
  const { data, has_more } = first.json as { data: Record<string, unknown>[]; has_more: boolean };
  assert.equal(has_more, true);
  const { leased_at, expires_at, ...block } = data[0]!;
  assert.ok(Date.parse(String(leased_at)) < Date.parse(String(expires_at)));
  assert.deepEqual(block, {
    id: 1,
    purpose: 'process',
    holder: 'a process',
    state: 'open',
    first_number: block['first_number'],
    last_number: Number(block['first_number']) + 9,
    issued: 0,
    leased_again: 0,
    left: 10,
    expired: false,
  });
  const second = await owner.send('GET', `${path}?starting_after=1`);
  const page = second.json as { data: { id: number; purpose: string; left: number }[]; has_more: boolean };
  assert.deepEqual(
    page.data.map(({ id, purpose, left }) => [id, purpose, left]),
    [[2, 'till', 50]],
  );
});

test("a lost till's block is voided once, and that is on record; a process's is not", async () => {
  const voided = await owner.send('POST', `${path}/2/void`, { reason: 'stolen' });
  assert.equal(voided.status, 200, voided.text);
  const answer = voided.json as { state: string; void_reason: string; left: number };
  assert.deepEqual([answer.state, answer.void_reason, answer.left], ['voided', 'stolen', 50]);
  for (const [block, code] of [
    [2, 'fiscal_block_in_use'],
    [1, 'fiscal_block_in_use'],
    [9, 'fiscal_block_not_found'],
  ] as const) {
    const refused = await owner.send('POST', `${path}/${block}/void`, { reason: 'again' });
    assert.equal((refused.json as { code: string }).code, code);
  }
  const { rows } = await hall.pool.query(
    `select actor_kind, verb, object_id, after->>'reason' as reason from audit_log where object_kind = 'fiscal_block'`,
  );
  assert.deepEqual(rows, [{ actor_kind: 'staff', verb: 'void', object_id: '1/2', reason: 'stolen' }]);
});

test('bad input changes nothing, and what is not there is 404', async () => {
  for (const body of [
    {},
    { reason: '  ' },
    { reason: 5 },
    { reason: 'x'.repeat(201) },
    { reason: 'x', more: 1 },
  ]) {
    assert.equal((await owner.send('POST', `${path}/1/void`, body)).status, 422);
  }
  for (const where of ['/sellers/1/fiscal-series/9/blocks', '/sellers/2/fiscal-series/1/blocks']) {
    assert.equal((await owner.send('GET', where)).status, 404);
  }
});
