import { setTimeout as sleep } from 'node:timers/promises';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import { createHttpClient, type Answer } from '../../test/support/http-client.ts';
import type { World } from './world.ts';

const patienceSeconds = 60;
const retryMilliseconds = 100;

type Body = {
  hold_token?: string;
  transaction_id?: string;
  fiscal_number?: string;
  status?: string;
  links?: { self: string; pay?: string; events: string; tickets: string };
};

/** Does all that a buyer can do, on one API that may die at any time, as a client that comes back until it is answered. */
export class Journey {
  readonly #world: World;
  readonly #client: ReturnType<typeof createHttpClient>;
  readonly #number: number;
  /** What was answered otherwise than it should, a sentence each. */
  readonly faults: string[] = [];
  /** Sales that were answered. */
  readonly sales: { transactionId: string; fiscalNumber: string }[] = [];

  constructor(world: World, number: number) {
    this.#world = world;
    this.#number = number;
    this.#client = createHttpClient(`http://127.0.0.1:${world.apis[0]!.port}`, 4);
  }

  async #insist(
    method: string,
    path: string,
    statuses: number[],
    body?: unknown,
    key?: string,
  ): Promise<Answer | undefined> {
    const late = performance.now() + patienceSeconds * 1_000;
    for (;;) {
      const answer = await this.#client
        .send(method, path, body, key === undefined ? {} : { 'idempotency-key': key })
        .catch(() => undefined);
      if (answer && answer.status < 500) {
        if (!statuses.includes(answer.status))
          this.faults.push(`${method} ${path}: ${answer.status} ${answer.text}`);
        return answer;
      }
      if (answer && answer.status !== 503)
        this.faults.push(`${method} ${path}: ${answer.status} ${answer.text}`);
      if (performance.now() > late) {
        this.faults.push(`${method} ${path} was not answered within ${patienceSeconds} s`);
        return undefined;
      }
      await sleep(retryMilliseconds);
    }
  }

  async #hold(): Promise<string | undefined> {
    const body = { event_id: formatEventId(this.#world.halls[0]!), best_available: { quantity: 2 } };
    return ((await this.#insist('POST', '/sales/holds', [201], body))?.json as Body | undefined)?.hold_token;
  }

  async #confirm(token: string, method: string, name: string): Promise<Body | undefined> {
    const key = `points-${this.#number}-${name}`;
    const customer = { name: 'Ana', email: 'ana@example.com', phone: '+584141234567', locale: 'es' };
    const body = { hold_token: token, customer, payment: { method } };
    const answer = await this.#insist('POST', '/sales/checkout/confirm/', [202], body, key);
    const first = answer?.json as Body | undefined;
    const again = (await this.#insist('POST', '/sales/checkout/confirm/', [202], body, key))?.json as
      | Body
      | undefined;
    if (first?.transaction_id !== again?.transaction_id || first?.fiscal_number !== again?.fiscal_number)
      this.faults.push(`a retry was answered ${JSON.stringify(again)}, not ${JSON.stringify(first)}`);
    if (method === 'cash' && typeof first?.fiscal_number === 'string')
      this.sales.push({ transactionId: first.transaction_id!, fiscalNumber: first.fiscal_number });
    return first;
  }

  /** Lets somebody else have the places of an order that waits: its money has to go back. */
  async #takePlacesOf(transactionId: string): Promise<boolean> {
    const { pool, halls } = this.#world;
    const { rows } = await pool.query<{ seats: number[] }>(
      `update holds set expires_at = clock_timestamp()
        where hold_id = (select hold_id from payment_intents where transaction_id = $1) returning line_seat as seats`,
      [transactionId],
    );
    const seats = rows[0]!.seats.map((seatNo) => formatSeatId(halls[0]!, seatNo));
    const late = performance.now() + patienceSeconds * 1_000;
    while (performance.now() < late) {
      const body = { event_id: formatEventId(halls[0]!), seats };
      const answer = await this.#insist('POST', '/sales/holds', [201, 409], body);
      if (answer?.status === 201) return true;
      await sleep(retryMilliseconds);
    }
    return false;
  }

  async #payByCard(late: boolean): Promise<void> {
    const { stripe } = this.#world;
    const token = await this.#hold();
    if (token === undefined) return;
    const order = await this.#confirm(token, 'card_online', late ? 'late' : 'card');
    if (order?.links?.pay === undefined) return;
    await this.#insist('GET', order.links.pay, [303]);
    const session = stripe.sessions.find((one) => one.metadata['transaction_id'] === order.transaction_id);
    if (!session) return;
    if (late && !(await this.#takePlacesOf(order.transaction_id!))) return;
    stripe.act(session, 'pay');
    await this.#insist('GET', order.links.self, [200]);
  }

  /** Goes through it once. */
  async go(): Promise<void> {
    const kept = await this.#hold();
    if (kept !== undefined) {
      await this.#insist('GET', `/sales/holds/${kept}`, [200]);
      await this.#insist('POST', `/sales/holds/${kept}/extend`, [200, 409]);
      const sale = await this.#confirm(kept, 'cash', 'cash');
      if (sale?.links) await this.#insist('GET', sale.links.self, [200]);
    }
    const released = await this.#hold();
    if (released !== undefined) await this.#insist('DELETE', `/sales/holds/${released}`, [204, 200]);
    await this.#payByCard(false);
    await this.#payByCard(true);
    this.#client.close();
  }
}
