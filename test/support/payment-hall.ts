import assert from 'node:assert/strict';
import { runAudit } from '../../src/audit/run-audit.ts';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { startStripeFake, type StripeFake } from './fakes/stripe.ts';
import { createHall, type Hall } from './hall.ts';
import { createHttpClient, type Answer } from './http-client.ts';
import { findLedgerFaults } from './ledger.ts';
import { startServer, type TestServer } from './server.ts';
import { waitUntil } from './wait.ts';

type Placed = { hold_token: string; quote: { total: number } };
export type Confirmed = {
  transaction_id: string;
  status: string;
  fiscal_number: string | null;
  total: number;
  payment?: { state: string; url?: string; change?: number };
  links: { self: string; events: string; pay?: string };
};
type Order = {
  status: string;
  fiscal_number: string | null;
  items: { row?: string; number?: string; seat_id?: string }[];
  payment?: { state: string; detail?: string; url?: string };
};

/** What a sale's status is that was paid. */
export const sold = ['processing', 'completed'];

/** A card on line pays all. */
export const online = { method: 'card_online' };

export const json = <T>(answer: Answer): T => answer.json as T;
export const codeOf = ({ json: body }: Answer) => (body as { code?: string }).code;

/** Two processes that take cards by a fake Stripe, and a buyer before them. */
export class PaymentHall {
  readonly database: TestDatabase;
  readonly pool: Pool;
  readonly stripe: StripeFake;
  readonly servers: TestServer[];
  readonly client: ReturnType<typeof createHttpClient>;
  hall!: Hall;
  #tenantId = 0;
  #keys = 0;

  private constructor(database: TestDatabase, stripe: StripeFake, servers: TestServer[]) {
    this.database = database;
    this.stripe = stripe;
    this.servers = servers;
    this.pool = createPool({ url: database.url, size: 6, name: 'test' });
    this.client = createHttpClient(servers[0]!.url, 16);
    stripe.sendTo(servers[0]!.url);
  }

  /** Starts them: two, since a webhook may reach either and both reconcile. */
  static async start(): Promise<PaymentHall> {
    const database = await createTestDatabase();
    const stripe = await startStripeFake();
    const start = () =>
      startServer({ databaseUrl: database.url, env: PaymentHall.env(stripe), worker: false });
    return new PaymentHall(database, stripe, [await start(), await start()]);
  }

  static env(stripe: StripeFake): Record<string, string> {
    return {
      ...stripe.env,
      PAYMENT_ASK_SECONDS: '1',
      HOLDS_PER_CLIENT_MAX: '1000',
      TAQUILLA_SECRET: 's'.repeat(32),
    };
  }

  /** A seller and a hall that no test has used, and webhooks that are sent. */
  async renew(): Promise<void> {
    this.stripe.setWebhooks('send');
    this.hall = await createHall(this.pool, { tenantId: ++this.#tenantId, seats: 60, standing: 20 });
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.stripe.stop();
    for (const server of this.servers) await server.stop();
    await this.pool.end();
    await this.database.drop();
  }

  /** Holds seats of the hall, and standing places. */
  async hold(seatNos: number[], standing = 0): Promise<Placed> {
    const body = {
      event_id: formatEventId(this.hall),
      ...(seatNos.length > 0 && { seats: seatNos.map((no) => formatSeatId(this.hall, no)) }),
      ...(standing > 0 && { zones: [{ zone_id: `${formatEventId(this.hall)}-z2`, quantity: standing }] }),
    };
    let answer = await this.client.send('POST', '/sales/holds', body);
    // What another process has swept is known here a moment later.
    await waitUntil('the places are free', async () => {
      if (answer.status !== 409) return true;
      answer = await this.client.send('POST', '/sales/holds', body);
      return false;
    });
    assert.equal(answer.status, 201, answer.text);
    return json<Placed>(answer);
  }

  /** Confirms a hold, under a key of its own unless given. */
  confirm(token: string, payment: unknown, more: Record<string, unknown> = {}, key = `key-${++this.#keys}`) {
    const customer = { name: 'Ana Pérez', email: 'ana@example.com', locale: 'en' };
    const body = { hold_token: token, customer, payment, ...more };
    return this.client.send('POST', '/sales/checkout/confirm', body, { 'idempotency-key': key });
  }

  /** An order that waits for a card, and the page on which it is paid. */
  async orderOnline(seatNos: number[], more: Record<string, unknown> = {}) {
    const { hold_token } = await this.hold(seatNos);
    const answer = await this.confirm(hold_token, online, more);
    assert.equal(answer.status, 202, answer.text);
    const confirmed = json<Confirmed>(answer);
    const page = await this.client.send('GET', confirmed.links.pay!);
    assert.equal(page.status, 303, page.text);
    return { ...confirmed, hold_token, session: await this.stripe.sessionOf(confirmed.transaction_id) };
  }

  /** An order as its buyer sees it. */
  async read({ links }: { links: { self: string } }): Promise<Order> {
    return json<Order>(await this.client.send('GET', links.self));
  }

  /** Waits until an order has one of these statuses, no money of it is on its way, and nobody works on it any more. */
  async untilStatus(one: { links: { self: string } }, ...statuses: string[]): Promise<Order> {
    let last: Order | undefined;
    await waitUntil(`the order is ${statuses.join(' or ')}`, async () => {
      last = await this.read(one);
      return statuses.includes(last.status) && last.payment?.state !== 'refunding';
    });
    // A sale is there a moment before its order is marked as settled, and is let go.
    if (sold.includes(last!.status)) {
      const id = new URL(one.links.self, 'http://taquilla').pathname.split('/').at(-1);
      await waitUntil('the order is settled', async () => {
        const { rows } = await this.pool.query(
          `select from payment_intents where transaction_id = $1 and state = 'settled' and leased_until <= now()`,
          [id],
        );
        return rows.length === 1;
      });
    }
    return last!;
  }

  /** Lets the time of an order's hold be over, and its places go back on sale. */
  async expireHold(transactionId: string): Promise<void> {
    await this.pool.query(
      `update holds set expires_at = now() - interval '1 second'
        where state = 'live' and hold_id = (select hold_id from payment_intents where transaction_id = $1)`,
      [transactionId],
    );
    await waitUntil('the hold has expired', async () => {
      const { rows } = await this.pool.query<{ state: string }>(
        'select h.state from holds h join payment_intents i using (tenant_id, hold_id) where i.transaction_id = $1',
        [transactionId],
      );
      return rows[0]!.state === 'expired';
    });
  }

  /** Lets the time in which an order is to be paid be over. */
  async expireOrder(transactionId: string): Promise<void> {
    await this.pool.query(
      `update payment_intents set expires_at = now() - interval '1 second' where transaction_id = $1`,
      [transactionId],
    );
  }

  /** All that must be true is, and the provider's own ledger says the same as ours, once it has told all that it knows. */
  async assertSound(): Promise<void> {
    const theirs = () => [...this.stripe.ledger()].toSorted(([a], [b]) => (a < b ? -1 : 1));
    await waitUntil('what the provider knows is known here', async () => {
      const { rows } = await this.pool.query(
        `select transaction_id from tenders where provider = 'stripe' and captured > 0`,
      );
      const { rows: open } = await this.pool.query(
        `select from payment_intents where state in ('paid', 'refunding')`,
      );
      return open.length === 0 && rows.length >= theirs().length;
    });
    const { lines } = await runAudit(this.pool);
    assert.deepEqual(
      lines.filter((line) => line.count > 0),
      [],
    );
    assert.deepEqual(await findLedgerFaults(this.pool, this.stripe), []);
  }
}
