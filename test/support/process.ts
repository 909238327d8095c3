import assert from 'node:assert/strict';
import { systemClock, systemIds, type Clock, type IdSource } from '../../src/base/ids.ts';
import { EventCache } from '../../src/catalog/event-cache.ts';
import { Checkout, type CommittedSale } from '../../src/checkout/checkout.ts';
import { LockWaits } from '../../src/db/lock-waits.ts';
import { createNotices, type Notices } from '../../src/db/notices.ts';
import type { Pool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { ClientHolds } from '../../src/holds/client-holds.ts';
import { Holds } from '../../src/holds/holds.ts';

/** What one API process has, without its HTTP. */
export type TestProcess = {
  events: EventCache;
  holds: Holds;
  checkout: Checkout;
  notices: Notices;
  lockWaits: LockWaits;
  handedOver: CommittedSale[];
  /** How far its clock is ahead. */
  clock: { aheadSeconds: number };
  stop(): Promise<void>;
};

/** Starts what holds and sells, over a pool of the test's own. */
export async function startProcess(
  databaseUrl: string,
  pool: Pool,
  lockWaits = new LockWaits(pool.options.max),
  onError: (error: unknown) => void = (error) => assert.fail(String(error)),
  time: { clock: Clock; ids: IdSource } = { clock: systemClock, ids: systemIds },
): Promise<TestProcess> {
  const notices = createNotices({ url: databaseUrl, pool });
  const events = new EventCache({ reader: reader(pool), notices, onError });
  const ahead = { aheadSeconds: 0 };
  const clock = { now: () => new Date(time.clock.now().getTime() + ahead.aheadSeconds * 1_000) };
  const shared = { pool, lockWaits, events, clock, ids: time.ids, onGroup: () => {} };
  const handedOver: CommittedSale[] = [];
  await events.start();
  return {
    events,
    notices,
    lockWaits,
    handedOver,
    clock: ahead,
    holds: new Holds({ ...shared, policy: { ttlSeconds: 600, extensionSeconds: 300, extensionsMax: 2 } }),
    checkout: new Checkout({
      ...shared,
      clientHolds: new ClientHolds(),
      blocks: { holderId: systemIds.uuid(), refill: () => {} },
      handOver: (sales) => handedOver.push(...sales),
    }),
    async stop() {
      await events.stop();
      await notices.close();
    },
  };
}
