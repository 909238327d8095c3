import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatEventId, formatSeatId, parseHoldToken } from '../../src/base/ids.ts';
import { createHttpClient, type Answer } from '../../test/support/http-client.ts';
import { cardPaymentSeconds, type World } from './world.ts';
import type { Random } from './random.ts';

const connectionsPerApi = 64;
const patienceSeconds = 90;
const clientSeconds = 15;
const retryMilliseconds = { low: 100, high: 800 };

/** How one confirmation went, as its buyer saw it. Instants are milliseconds of one clock. */
export type Deal = {
  buyer: number;
  tenantId: number;
  holdId: string;
  kind: 'cash' | 'card';
  startedAt: number;
  endedAt: number;
  attempts: number;
  /** Attempts whose answer did not come, or was a 5xx. */
  doubts: number;
  outcome: 'confirmed' | 'waiting' | 'refused' | 'unknown';
  status: number;
  code?: string;
  transactionId?: string;
  fiscalNumber?: string;
  total?: number;
  ticketsLink?: string;
};

/** A request and what came of it; status 0 stands for none. */
export type Exchange = { at: number; milliseconds: number; route: string; status: number };

type Body = {
  code?: string;
  hold_token?: string;
  transaction_id?: string;
  fiscal_number?: string | null;
  total?: number;
  links?: { pay?: string; tickets?: string };
};

/** Buyers, who behave as real ones do, and keep a log of every answer. */
export class Buyers {
  readonly deals: Deal[] = [];
  readonly exchanges: Exchange[] = [];
  /** What no buyer may ever see, a sentence each. */
  readonly faults: string[] = [];
  readonly #world: World;
  readonly #random: Random;
  readonly #clients: ReturnType<typeof createHttpClient>[];
  #number = 0;
  #underWay = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#clients = world.apis.map((api) =>
      createHttpClient(`http://127.0.0.1:${api.port}`, connectionsPerApi),
    );
  }

  /** Journeys that have not ended. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Begins one journey. */
  begin(): void {
    this.#underWay++;
    void this.#journey(++this.#number)
      .catch((error: unknown) => this.faults.push(`a journey broke: ${(error as Error).stack}`))
      .finally(() => this.#underWay--);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #send(
    route: string,
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<Answer | undefined> {
    const at = performance.now();
    const client = this.#random.pick(this.#clients);
    const late = sleep(clientSeconds * 1_000, undefined, { ref: false });
    const sending = client
      .send(method, path, body, key === undefined ? {} : { 'idempotency-key': key })
      .catch(() => undefined);
    const answer = await Promise.race([sending, late]);
    const status = answer?.status ?? 0;
    this.exchanges.push({ at, milliseconds: performance.now() - at, route, status });
    // 503 says when to come back; any other 5xx is a fault that a buyer must not see.
    if (status >= 500 && status !== 503) this.faults.push(`${method} ${route}: ${status} ${answer!.text}`);
    return answer;
  }

  /** Sends until there is an answer that is about the request. */
  async #insist(route: string, method: string, path: string, body?: unknown, key?: string) {
    const startedAt = performance.now();
    for (let attempts = 1, doubts = 0; ; attempts++) {
      const answer = await this.#send(route, method, path, body, key);
      const passing = answer === undefined || answer.status >= 500 || answer.status === 429;
      if (!passing) return { answer, attempts, doubts };
      if (answer?.status !== 429) doubts++;
      if (performance.now() - startedAt > patienceSeconds * 1_000)
        return { answer: undefined, attempts, doubts };
      await sleep(this.#random.int(retryMilliseconds.low, retryMilliseconds.high));
    }
  }

  async #hold(): Promise<string | undefined> {
    const hall = this.#world.halls[this.#random.chance(0.8) ? 0 : 1]!;
    const event_id = formatEventId(hall);
    const first = this.#random.int(1, hall.seats - 1);
    const body = this.#random.chance(0.5)
      ? { event_id, best_available: { quantity: this.#random.int(1, 3) } }
      : { event_id, seats: [formatSeatId(hall, first), formatSeatId(hall, first + 1)] };
    const { answer } = await this.#insist('hold', 'POST', '/sales/holds', body);
    return answer?.status === 201 ? (answer.json as Body).hold_token : undefined;
  }

  async #journey(buyer: number): Promise<void> {
    const token = await this.#hold();
    if (token === undefined) return;
    const random = this.#random;
    const fate = random.next();
    if (fate < 0.05) return; // abandons it, and the hold expires
    if (fate < 0.1) return void (await this.#insist('release', 'DELETE', `/sales/holds/${token}`));
    if (fate < 0.15) await this.#insist('extend', 'POST', `/sales/holds/${token}/extend`);
    if (fate < 0.17) await sleep(random.int(19_000, 21_000)); // confirms at the instant at which it expires
    await this.#confirm(buyer, token, random.chance(0.15) ? 'card' : 'cash');
  }

  async #confirm(buyer: number, token: string, kind: Deal['kind']): Promise<void> {
    const { tenantId, holdId } = parseHoldToken(token)!;
    const random = this.#random;
    const customer = {
      name: 'Ana Pérez',
      locale: 'es',
      ...(random.chance(0.9) && { email: `buyer${buyer}@example.com` }),
      ...(random.chance(0.2) && { phone: '+584141234567' }),
    };
    const payment = { method: kind === 'card' ? 'card_online' : 'cash' };
    const body = { hold_token: token, customer, payment };
    const key = `chaos-${buyer}`;
    const startedAt = performance.now();
    const path = '/sales/checkout/confirm/';
    const { answer, attempts, doubts } = await this.#insist('confirm', 'POST', path, body, key);
    const json = answer?.json as Body | undefined;
    const deal: Deal = {
      ...{ buyer, tenantId, holdId, kind, startedAt, attempts, doubts },
      endedAt: performance.now(),
      outcome:
        answer === undefined
          ? 'unknown'
          : answer.status !== 202
            ? 'refused'
            : kind === 'cash'
              ? 'confirmed'
              : 'waiting',
      status: answer?.status ?? 0,
      ...(json?.code !== undefined && { code: json.code }),
      ...(json?.transaction_id !== undefined && { transactionId: json.transaction_id }),
      ...(typeof json?.fiscal_number === 'string' && { fiscalNumber: json.fiscal_number }),
      ...(json?.total !== undefined && { total: json.total }),
    };
    this.deals.push(deal);
    if (answer?.status !== 202) return;
    if (kind === 'card' && json?.links?.pay !== undefined) await this.#pay(deal, json.links.pay);
    if (random.chance(0.1)) await this.#replay(deal, path, body, key);
  }

  /** A retry of what was answered long ago gets the same answer. */
  async #replay(deal: Deal, path: string, body: unknown, key: string): Promise<void> {
    await sleep(this.#random.int(0, 3_000));
    const { answer } = await this.#insist('replay', 'POST', path, body, key);
    if (answer === undefined) return;
    const json = answer.json as Body;
    if (answer.status !== 202 || json.transaction_id !== deal.transactionId || json.total !== deal.total)
      this.faults.push(`a replay of ${deal.transactionId} was answered ${answer.status} ${answer.text}`);
  }

  /** Pays soon, late, or never; a page that was declined is not tried again. */
  async #pay(deal: Deal, link: string): Promise<void> {
    const { stripe } = this.#world;
    const { answer } = await this.#insist('pay', 'GET', link);
    const session = stripe.sessions.find((one) => one.metadata['transaction_id'] === deal.transactionId);
    if (answer?.status !== 303 || !session) return;
    const late = this.#random.chance(0.3);
    const seconds = late
      ? this.#random.int(cardPaymentSeconds - 2, cardPaymentSeconds + 2)
      : this.#random.int(0, 4);
    await sleep(seconds * 1_000);
    stripe.act(session, this.#random.chance(0.9) ? 'pay' : 'decline');
  }

  /** Keeps connections open that send a byte now and then, and read nothing. */
  async dawdle(count: number, seconds: number): Promise<void> {
    const sockets = Array.from({ length: count }, () => {
      const { port } = this.#random.pick(this.#world.apis);
      const socket = connect({ host: '127.0.0.1', port }).on('error', () => {});
      socket.pause();
      socket.write('POST /sales/holds HTTP/1.1\r\nhost: slow\r\ncontent-type: application/json\r\n');
      return socket;
    });
    for (let i = 0; i < seconds; i++) {
      await sleep(1_000);
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }
    for (const socket of sockets) socket.destroy();
  }
}
