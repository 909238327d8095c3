import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatEventId } from '../../src/base/ids.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { StripeFake } from '../../test/support/fakes/stripe.ts';
import { createHall, type Hall } from '../../test/support/hall.ts';
import { createHttpClient, type Answer } from '../../test/support/http-client.ts';
import { openBrowser, outcomeOf, signedIn, type Browser } from '../../test/support/identity.ts';
import { freeRule, instalmentsRule } from '../../test/support/plan-rules.ts';
import { addKey } from '../../test/support/till-hall.ts';
import { waitUntil } from '../../test/support/wait.ts';
import { Random } from './random.ts';

const standing = 2_000;
const connectionsPerApi = 64;
const patienceSeconds = 120;
const retryMilliseconds = { low: 20, high: 200 };
export const till = 2;

/** An order as its buyer was answered: of a card it waits for money, of a plan for more of it. */
export type Order = { id: string; links: { self: string; plan?: string; pay?: string } };

/** One seller with its hall and its owner, and what was bought there so far. */
export type Stall = {
  hall: Hall;
  owner: Browser;
  path: string;
  ruleIds: number[];
  /** Sales, and orders that were paid and should be such by now. */
  sales: Order[];
  /** Orders that wait for a card. */
  orders: Order[];
  plans: Order[];
};

/** What a buyer was told of a sale that was made at once. */
export type Told = { id: string; number: string; total: number };

export type MarketOptions = {
  pool: Pool;
  stripe: StripeFake;
  urls: string[];
  seed: number;
  sellers: number;
  seats: number;
};

/** Sellers on which clients do whatever can be done, all of it over HTTP, and remember what they were answered. */
export class Market {
  readonly pool: Pool;
  readonly stripe: StripeFake;
  readonly stalls: Stall[] = [];
  /** What nobody should have been answered, a sentence each. */
  readonly faults: string[] = [];
  readonly told: Told[] = [];
  /** How often which operation was answered how. */
  readonly tally = new Map<string, number>();
  readonly #clients: ReturnType<typeof createHttpClient>[];
  #keys = 0;

  private constructor({ pool, stripe, urls }: MarketOptions) {
    this.pool = pool;
    this.stripe = stripe;
    this.#clients = urls.map((url) => createHttpClient(url, connectionsPerApi));
  }

  /** Raises the sellers, each with a till in its owner's shift and two plan rules. */
  static async open(options: MarketOptions): Promise<Market> {
    const market = new Market(options);
    for (let tenantId = 1; tenantId <= options.sellers; tenantId++) {
      market.stalls.push(await market.#openStall(tenantId, options.seats));
    }
    for (const stall of market.stalls) {
      await waitUntil('the event offers its plans', async () => {
        const { json } = await market.#clients[0]!.send('GET', `/events/${formatEventId(stall.hall)}`);
        return (json as { payment_plans: unknown[] }).payment_plans.length === 2;
      });
    }
    return market;
  }

  async #openStall(tenantId: number, seats: number): Promise<Stall> {
    const hall = await createHall(this.pool, { tenantId, seats, standing });
    await addKey(this.pool, tenantId);
    const client = this.#clients[tenantId % this.#clients.length]!;
    const owner = await signedIn(this.pool, client, tenantId, 'owner');
    const path = `/sellers/${tenantId}`;
    const post = async (to: string, body?: unknown) => {
      const answer = await owner.send('POST', `${path}/${to}`, body);
      // The shop's day may have been opened by itself.
      if (outcomeOf(answer) !== 'fiscal_day_open') assert.equal(answer.status, 201, answer.text);
      return answer.json as { id: number };
    };
    const ruleIds = [];
    for (const rule of [instalmentsRule, freeRule]) ruleIds.push((await post('payment-plan-rules', rule)).id);
    await post('points', { name: 'Norte' });
    await post('points/1/days');
    await post(`points/${till}/days`);
    await post(`points/${till}/shifts`, { opening_float: [{ currency: 'USD', amount: 0 }] });
    return { hall, owner, path, ruleIds, sales: [], orders: [], plans: [] };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  key(): string {
    return `market-${++this.#keys}`;
  }

  count(operation: string, outcome: string | number): void {
    const name = `${operation}: ${outcome}`;
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1);
  }

  /** Somebody who buys, by whichever process. */
  buyer(random: Random): Browser {
    return openBrowser(random.pick(this.#clients));
  }

  /**
   * Sends until the answer is about the request, notes it, and notes as a fault what is neither 2xx, 303 nor one of the
   * refusals that may happen here.
   * @param allowed codes of refusals.
   */
  async ask(
    operation: string,
    who: Browser,
    [method, path, body, key]: [string, string, unknown?, string?],
    allowed: readonly string[] = [],
  ): Promise<Answer> {
    const late = performance.now() + patienceSeconds * 1_000;
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    for (;;) {
      // A connection may end before its answer, as one that was kept too long does.
      const answer = await who.send(method, path, body, headers).catch((error: Error) => error);
      const again = answer instanceof Error || answer.status === 503 || answer.status === 429;
      if (again && performance.now() < late) {
        await sleep(retryMilliseconds.low + Math.random() * retryMilliseconds.high);
        continue;
      }
      if (answer instanceof Error) throw answer;
      const outcome = outcomeOf(answer);
      this.count(operation, outcome);
      if (answer.status >= 400 && !allowed.includes(String(outcome)))
        this.faults.push(`${operation}: ${method} ${path} was answered ${answer.status} ${answer.text}`);
      return answer;
    }
  }

  /** Takes one out of a list at random. */
  take<T>(random: Random, some: T[]): T | undefined {
    if (some.length === 0) return undefined;
    return some.splice(random.int(0, some.length - 1), 1)[0];
  }

  /** Has so many clients do operations, each in the order that the seed gives it, until all together have done enough. */
  async trade(
    { clients, operations, seed }: { clients: number; operations: number; seed: number },
    act: (market: Market, random: Random) => Promise<void>,
    onOperation: (done: number) => void = () => {},
  ): Promise<void> {
    let begun = 0;
    let done = 0;
    const client = async (number: number) => {
      const random = new Random(seed * 1_000 + number);
      while (begun < operations) {
        begun++;
        await act(this, random).catch((error: unknown) =>
          this.faults.push(`an operation broke: ${(error as Error).stack}`),
        );
        onOperation(++done);
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  }
}
