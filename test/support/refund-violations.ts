import type { Pool } from '../../src/db/pool.ts';
import type { Hall } from './hall.ts';

const mine = 'tenant_id = 1';
const sale = `(select transaction_id from refunds where ${mine})`;

/** Statements that lead an item of a sale of seller 1 to another event, once it is undone and out of the statistics. */
export const strayItem = (transactionId: string): string[] => [
  `select return_places(1, ${transactionId}, 'refund', null, true, true, 'r', null, null, null, null, null, 0)`,
  `select issue_credit_note(1, ${transactionId}, 1::smallint)`,
  `update steps set state = 'failed' where tenant_id = 1 and transaction_id = ${transactionId} and name = 'statistics'`,
  'select rebuild_statistics(1, null, 100)',
  `update transaction_items set event_id = 99 where tenant_id = 1 and transaction_id = ${transactionId}`,
];

/** The last place of a sale went back, and a part of its money by hand. */
export async function fillRefunds(pool: Pool, { tenantId }: Hall, transactionId: string): Promise<void> {
  const values = [tenantId, transactionId];
  await pool.query(
    `select return_places($1, $2, 'refund', '{5}', true, true, 'r', null, null, null, null, null, 0)`,
    values,
  );
  await pool.query(`select issue_credit_note($1, $2, 1::smallint)`, values);
  await pool.query(`select pay_back($1, $2, 1::smallint, 5, 'cash', null, null, gen_random_uuid())`, values);
}

const exchange = (state: string, refundNo: string, at: string) =>
  `insert into exchanges (tenant_id, exchange_id, transaction_id, item_nos, event_id, hold_id, state, fees_returned, resold, reason,
                          key_digest, body_digest, currency, credit, total, refund_no, created_at)
   values (1, gen_random_uuid(), ${sale}, '{1}', 1, gen_random_uuid(), '${state}', true, true, 'r', gen_random_uuid(),
           gen_random_uuid(), 'USD', 5, 5, ${refundNo}, ${at})`;

/** What is done by hand to what was undone, and the one line of the audit that must report it. */
export const refundViolations: Record<string, Record<string, string[]>> = {
  'I10 refunds': {
    'a place that went back by no refund': [`update refunds set item_nos = '{9}' where ${mine}`],
    'a refund of other amounts than its place': [
      `update refunds set net = net - 1, fees = fees + 1 where ${mine}`,
    ],
  },
  'I10 undone': {
    'a refunded sale with places': [
      `update transactions set status = 'refunded' where ${mine} and transaction_id = ${sale}`,
    ],
  },
  'I10 credits': {
    'a refund without its credit note': [
      'alter table credit_notes drop constraint credit_notes_tenant_id_transaction_id_refund_no_fkey',
      `update credit_notes set refund_no = 9 where ${mine}`,
    ],
    'a credit note of another point of sale': [
      `update fiscal_series set point_no = 2 where ${mine} and series_id = 1`,
    ],
  },
  'I10 repayments': {
    'more paid back than was recorded': [`update refunds set paid_back = paid_back + 1 where ${mine}`],
    'a repayment that is lost': [`delete from repayments where ${mine}`],
    'a settled refund whose money is not back': [`update refunds set settled_at = now() where ${mine}`],
    'money that a provider gave back unasked': [
      `update tenders set refunded = 1 where ${mine} and reference = 'settled'`,
    ],
  },
  'I10 repaying': {
    'a card that waits for its money': [
      `insert into repayments (tenant_id, transaction_id, refund_no, repayment_no, amount, tender_no, paid_amount, paid_currency,
                               created_at)
       values (1, ${sale}, 1, 9, 1, 1, 1, 'USD', now() - interval '2 days')`,
    ],
    'an exchange that nobody ends': [exchange('open', 'null', `now() - interval '2 days'`)],
  },
  'I10 exchanges': {
    'an exchange without its sale': [exchange('done', '1', 'now()')],
  },
};
