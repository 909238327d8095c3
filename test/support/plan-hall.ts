import assert from 'node:assert/strict';
import { runAudit } from '../../src/audit/run-audit.ts';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import { startStripeFake, type StripeFake } from './fakes/stripe.ts';
import { createHall, type Hall } from './hall.ts';
import type { Answer } from './http-client.ts';
import { signedIn, type Browser } from './identity.ts';
import { startIdentityHall, type IdentityHall } from './identity-hall.ts';
import { PaymentHall } from './payment-hall.ts';
import { freeRule, instalmentsRule, type Ordered, type Plan } from './plan-rules.ts';
import { waitUntil } from './wait.ts';

export const rules = '/sellers/1/payment-plan-rules';
/** A seat is 25.00 and 16 % on it. */
export const total = 2_900;

export const cash = (amount: number) => ({ method: 'cash', amount });

/** A server that takes cards by a fake Stripe, a seller with two plan rules and its staff, and a buyer before them. */
export class PlanHall {
  readonly house: IdentityHall;
  readonly stripe: StripeFake;
  readonly hall: Hall;
  readonly owner: Browser;
  readonly cashier: Browser;
  /** The owner of another seller. */
  readonly stranger: Browser;
  /** The numbers of the two rules. */
  thirds = 0;
  free = 0;
  /** The seat that is held next. */
  seat = 0;
  #keys = 0;

  private constructor(house: IdentityHall, stripe: StripeFake, hall: Hall, staff: Browser[]) {
    this.house = house;
    this.stripe = stripe;
    this.hall = hall;
    [this.owner, this.cashier, this.stranger] = staff as [Browser, Browser, Browser];
  }

  static async start(): Promise<PlanHall> {
    const stripe = await startStripeFake();
    const house = await startIdentityHall(0, PaymentHall.env(stripe));
    stripe.sendTo(house.url);
    const { pool, client } = house;
    const hall = await createHall(pool, { tenantId: 1, seats: 100, standing: 20 });
    await createHall(pool, { tenantId: 2 });
    const plans = new PlanHall(house, stripe, hall, [
      await signedIn(pool, client, 1, 'owner'),
      await signedIn(pool, client, 1, 'cashier'),
      await signedIn(pool, client, 2, 'owner'),
    ]);
    plans.thirds = await plans.#addRule(instalmentsRule);
    plans.free = await plans.#addRule({ ...freeRule, event_id: formatEventId(hall) });
    await waitUntil('the event offers both', async () => {
      const event = (await client.send('GET', `/events/${formatEventId(hall)}`)).json;
      return (event as { payment_plans: unknown[] }).payment_plans.length === 2;
    });
    return plans;
  }

  async #addRule(rule: unknown): Promise<number> {
    const answer = await this.owner.send('POST', rules, rule);
    assert.equal(answer.status, 201, answer.text);
    return (answer.json as { id: number }).id;
  }

  async stop(): Promise<void> {
    await this.house.stop();
    await this.stripe.stop();
  }

  async hold(seatNo = this.seat): Promise<string> {
    const body = { event_id: formatEventId(this.hall), seats: [formatSeatId(this.hall, seatNo)] };
    const answer = await this.house.client.send('POST', '/sales/holds', body);
    assert.equal(answer.status, 201, answer.text);
    return (answer.json as { hold_token: string }).hold_token;
  }

  /** Confirms a hold by a plan, under a key of its own unless given. */
  confirm(
    token: string,
    plan: unknown,
    key = `key-${++this.#keys}`,
    more = {},
    who: Pick<Browser, 'send'> = this.house.client,
  ) {
    const customer = { name: 'Ana Pérez', email: 'ana@example.com', locale: 'es' };
    const body = { hold_token: token, customer, payment: { method: 'plan', plan }, ...more };
    return who.send('POST', '/sales/checkout/confirm', body, { 'idempotency-key': key });
  }

  /** A plan over the next seat with its down payment made, or under way. */
  async begin(ruleId: number, down: unknown): Promise<Ordered> {
    const hold_token = await this.hold();
    const answer = await this.confirm(hold_token, { rule_id: ruleId, down_payment: down });
    assert.equal(answer.status, 202, answer.text);
    return { ...(answer.json as Ordered), hold_token };
  }

  async planOf({ links }: Ordered): Promise<Plan> {
    const answer = await this.house.client.send('GET', links.plan);
    assert.equal(answer.status, 200, answer.text);
    return answer.json as Plan;
  }

  staffPath({ transaction_id: id }: Ordered): string {
    return `/sellers/1/payment-plans/${id}`;
  }

  /** Has staff take a payment. */
  take(who: Browser, order: Ordered, payment: unknown, key = `take-${++this.#keys}`): Promise<Answer> {
    return who.send('POST', `${this.staffPath(order)}/payments`, payment, { 'idempotency-key': key });
  }

  /** Has the buyer pay on. */
  pay({ links }: Ordered, payment: unknown, key = `pay-${++this.#keys}`): Promise<Answer> {
    return this.house.client.send('POST', links.plan.replace('/plan?', '/plan/payments?'), payment, {
      'idempotency-key': key,
    });
  }

  /** The buyer pays on by card, and has paid when this ends. */
  async payByCard(order: Ordered, amount: number): Promise<void> {
    const { paid } = await this.planOf(order);
    const answer = await this.pay(order, { method: 'card_online', amount });
    const { pay_url, payments } = answer.json as Plan;
    assert.equal((await this.house.client.send('GET', pay_url!)).status, 303, answer.text);
    this.stripe.act(this.pageOf(order, payments.length), 'pay');
    await waitUntil('the card is there', async () => (await this.planOf(order)).paid === paid + amount);
  }

  /** The provider's page of a payment. */
  pageOf({ transaction_id }: Ordered, tenderNo: number) {
    return this.stripe.sessions.find(
      ({ metadata }) =>
        metadata['transaction_id'] === transaction_id && metadata['tender_no'] === String(tenderNo),
    )!;
  }

  async statusOf({ links }: Ordered): Promise<string> {
    return ((await this.house.client.send('GET', links.self)).json as { status: string }).status;
  }

  async untilState(order: Ordered, state: string): Promise<Plan> {
    let plan = await this.planOf(order);
    await waitUntil(`the plan is ${state}`, async () => (plan = await this.planOf(order)).state === state);
    return plan;
  }

  /** Lets the time of a plan, with its instalments, go by. */
  async lapse({ transaction_id: id }: Ordered): Promise<void> {
    for (const change of [
      `payment_plans set deadline_at = now() - interval '1 second'`,
      `plan_instalments set due_at = now() - interval '1 day'`,
      `payment_intents set expires_at = now() - interval '1 second'`,
    ]) {
      await this.house.pool.query(`update ${change} where transaction_id = $1`, [id]);
    }
  }

  async isFree(seatNo: number): Promise<boolean> {
    const { rows } = await this.house.pool.query<{ state: string }>(
      'select state from seat_states where tenant_id = 1 and event_id = $1 and seat_no = $2',
      [this.hall.eventId, seatNo],
    );
    return rows[0]!.state === 'free';
  }

  /** All that must be true is. */
  async assertSound(): Promise<void> {
    const { lines } = await runAudit(this.house.pool);
    assert.deepEqual(
      lines.filter((line) => line.count > 0),
      [],
    );
  }
}
