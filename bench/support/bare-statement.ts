import { uuidv7 } from '../../src/base/ids.ts';
import { confirmSales, type ConfirmOrder } from '../../src/checkout/confirm-sales.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import type { Bench } from './bench.ts';
import { createHall, type Hall } from './hall.ts';
import { placePairs, seatPairs } from './orders.ts';
import { onStage } from './stage.ts';

const warmUpGroups = 20;
const warmUpOrders = 64;

/** What one connection did with groups of one size. */
export type BareRun = { orders: number; perSecond: number; p50: number; p95: number; p99: number };

export type BareResult = { runs: BareRun[]; perSecond: number; statementsPerGroup: number | undefined };

function orderOf(holdId: string, number: number): ConfirmOrder {
  return {
    keyDigest: uuidv7(Date.now()),
    bodyDigest: uuidv7(Date.now()),
    holdId,
    transactionId: uuidv7(Date.now()),
    customer: { name: 'Ana Maria Gonzalez', email: `buyer${number}@bench.invalid`, locale: 'es' },
    payment: { method: 'cash' },
    expectedTotal: null,
  };
}

/** Confirms holds in groups of one size, one after another. */
async function confirmInGroups(pool: Pool, hall: Hall, holdIds: string[], size: number): Promise<BareRun> {
  const times: number[] = [];
  const started = performance.now();
  for (let from = 0; from < holdIds.length; from += size) {
    const orders = holdIds.slice(from, from + size).map(orderOf);
    const before = performance.now();
    const { outcomes } = await confirmSales(pool, hall, 1, orders);
    times.push(performance.now() - before);
    if (outcomes.some((one) => one.outcome !== 'confirmed'))
      throw new Error('a bare statement refused an order');
  }
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.max(0, Math.ceil(share * times.length) - 1)]!;
  return { orders: size, perSecond: holdIds.length / seconds, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Counts the statements inside one group, as the server itself reports them; undefined where it may not be asked. */
async function countStatements(url: string, hall: Hall, holdIds: string[]): Promise<number | undefined> {
  const pool = createPool({ url, size: 1, name: 'taquilla bench count' });
  try {
    const client = await pool.connect();
    let statements = 0;
    client.on('notice', (notice) => {
      if (/^duration:.*plan:\nQuery Text:/.test(notice.message ?? '')) statements++;
    });
    try {
      await client.query(
        `load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
         set client_min_messages = log`,
      );
    } catch {
      return undefined;
    } finally {
      client.release();
    }
    const before = statements;
    await confirmSales(pool, hall, 1, holdIds.map(orderOf));
    return statements - before;
  } finally {
    await pool.end();
  }
}

/**
 * What the bare group statement does from one connection on a database of its own: the most that this PostgreSQL
 * gives to a checkout of these rows.
 * @param sizes of the groups, each with so many orders in all.
 */
export async function runBareStatement(
  bench: Bench,
  { sizes, ordersEach }: { sizes: number[]; ordersEach: (size: number) => number },
): Promise<BareResult> {
  return await onStage(bench, 'bare', async (stage) => {
    const warmUp = warmUpGroups * warmUpOrders;
    const counts = sizes.map(ordersEach);
    const holds = counts.reduce((sum, count) => sum + count, warmUp + warmUpOrders);
    bench.progress.phase('bare statement: holds');
    const hall = await createHall(stage.pool, holds * 2);
    const holdIds = await placePairs(stage.pool, hall, seatPairs(hall), bench.progress);
    stage.expectSales(holds);
    bench.progress.phase('bare statement: confirms');
    // One connection, as a lane has: its statement is prepared and its plans are made in the warm-up.
    const pool = createPool({ url: stage.url, size: 1, name: 'taquilla bench bare' });
    try {
      const statementsPerGroup = await countStatements(stage.url, hall, holdIds.splice(0, warmUpOrders));
      await confirmInGroups(pool, hall, holdIds.splice(0, warmUp), warmUpOrders);
      const runs: BareRun[] = [];
      for (const [i, size] of sizes.entries()) {
        runs.push(await confirmInGroups(pool, hall, holdIds.splice(0, counts[i]), size));
      }
      return { runs, statementsPerGroup, perSecond: Math.max(...runs.map((run) => run.perSecond)) };
    } finally {
      await pool.end();
    }
  });
}

/** The short run that every scenario is compared with. */
export async function runShortLimit(bench: Bench): Promise<BareResult> {
  return await runBareStatement(bench, { sizes: [64, 256, 512], ordersEach: () => 8_192 });
}
