import assert from 'node:assert/strict';
import { formatEventId } from '../../src/base/ids.ts';
import { transact } from '../../src/db/transaction.ts';
import { closeDay, openDay } from '../../src/fiscal/fiscal-day.store.ts';
import type { Answer } from './http-client.ts';
import { signedIn, type Browser } from './identity.ts';
import { json, PaymentHall, type Confirmed } from './payment-hall.ts';

export type RefundJson = {
  refund_no: number;
  kind: string;
  credit_note: string;
  total: number;
  fees: number;
  ticket_ids: string[];
  paid_back: number;
  to_pay_back_by_hand: number;
  settled_at?: string;
  repayments: { amount: number; by: string; done_at?: string; last_error?: string }[];
};

let keys = 0;

/** Staff before the two processes of a payment hall: an administrator, who may undo at every seller. */
export class UndoingHall {
  readonly house: PaymentHall;
  readonly staff: Browser;

  private constructor(house: PaymentHall, staff: Browser) {
    this.house = house;
    this.staff = staff;
  }

  static async start(): Promise<UndoingHall> {
    const house = await PaymentHall.start();
    return new UndoingHall(house, await signedIn(house.pool, house.client, 0, 'administrator'));
  }

  get tenantId(): number {
    return this.house.hall.tenantId;
  }

  get eventPath(): string {
    return `/sellers/${this.tenantId}/events/${formatEventId(this.house.hall)}`;
  }

  /** A sale that was paid at once in cash. */
  async sell(seatNos: number[], standing = 0): Promise<Confirmed> {
    const { hold_token } = await this.house.hold(seatNos, standing);
    const answer = await this.house.confirm(hold_token, { method: 'cash' });
    assert.equal(answer.status, 202, answer.text);
    return json<Confirmed>(answer);
  }

  ticket({ transaction_id }: Confirmed, itemNo: number): string {
    return `${transaction_id}-${itemNo}`;
  }

  /** Has staff post to a sale's path, under a key of its own unless given; who is told to come again does. */
  async post(
    sale: Confirmed,
    path: string,
    body: Record<string, unknown>,
    key = `undo-${++keys}`,
    tenantId = this.tenantId,
  ): Promise<Answer> {
    const at = `/sellers/${tenantId}/sales/${sale.transaction_id}/${path}`;
    const more = path.endsWith('repayments') ? {} : { reason: 'asked for' };
    for (;;) {
      const answer = await this.staff.send('POST', at, { ...more, ...body }, { 'idempotency-key': key });
      if (answer.status !== 503) return answer;
    }
  }

  async refund(sale: Confirmed, body: Record<string, unknown> = {}): Promise<RefundJson> {
    const answer = await this.post(sale, 'refunds', body);
    assert.equal(answer.status, 201, answer.text);
    return json<RefundJson>(answer);
  }

  async refundsOf(sale: Confirmed): Promise<RefundJson[]> {
    const path = `/sellers/${this.tenantId}/sales/${sale.transaction_id}/refunds`;
    return json<{ data: RefundJson[] }>(await this.staff.send('GET', path)).data;
  }

  /** Closes the fiscal day of the shop with all that was sold so far; or opens the next, where none is open. */
  async setDay(open: boolean): Promise<void> {
    const { tenantId } = this;
    const values = [tenantId];
    await transact(this.house.pool, async (tx) => {
      const [known] = await tx.query<{ dayNo: number }>({
        text: 'select day_no as "dayNo" from fiscal_days where tenant_id = $1 and point_no = 1 and closed_at is null',
        values,
      });
      const day = known ?? (await openDay(tx, tenantId, 1, null));
      if (open)
        await tx.query({ text: 'update fiscal_series set day_closed = false where tenant_id = $1', values });
      else await closeDay(tx, { tenantId, pointNo: 1, dayNo: day.dayNo }, null);
    });
  }

  /** How many rows of a table the seller has. */
  async count(table: string, where = 'true'): Promise<number> {
    const { rows } = await this.house.pool.query<{ n: number }>(
      `select count(*)::integer as n from ${table} where tenant_id = $1 and ${where}`,
      [this.tenantId],
    );
    return rows[0]!.n;
  }
}
