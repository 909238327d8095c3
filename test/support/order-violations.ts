import type { Pool } from '../../src/db/pool.ts';
import type { Hall } from './hall.ts';

const mine = 'tenant_id = 1';
const first = `(select transaction_id from fiscal_documents where ${mine} and number = 1)`;
const firstSale = `${mine} and transaction_id = ${first}`;

/** Sale 3 was an order whose money came later, another was refunded, and a third waits for a transfer on the live hold. */
export async function fillIntents(pool: Pool, hall: Hall, sold: string): Promise<void> {
  const columns = `tenant_id, transaction_id, event_id, hold_id, state, expires_at, substitutes, amount, currency, locale,
                   customer_name`;
  const statements = [
    `insert into payment_intents (${columns})
     select $1, $2::uuid, event_id, hold_id, 'settled', now(), false, total, currency, locale, customer_name
       from transactions where tenant_id = $1 and transaction_id = $2`,
    `insert into payment_intents (${columns})
     select $1, gen_random_uuid(), event_id, hold_id,
            case state when 'live' then 'awaiting' else 'refunded' end::intent_state, now() + interval '1 hour', false, total,
            'USD', 'es', 'Ana'
       from holds where tenant_id = $1 and state in ('live', 'released') and $2::uuid is not null`,
    `insert into tenders (tenant_id, transaction_id, tender_no, method, state, amount, paid_amount, paid_currency, captured,
                          refunded, bank, reference)
     select $1, transaction_id, 1, 'transfer',
            case state when 'settled' then 'captured' when 'refunded' then 'refunded' else 'pending' end::payment_state,
            amount, amount, currency, case state when 'awaiting' then 0 else amount end,
            case state when 'refunded' then amount else 0 end, 'banco', state::text
       from payment_intents where tenant_id = $1 and $2::uuid is not null`,
    `insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
     select $1, gen_random_uuid(), gen_random_uuid(), transaction_id
       from payment_intents where tenant_id = $1 and $2::uuid is not null`,
    `insert into provider_events values ($1, 'stripe', 'evt_1', 'checkout.session.completed', $2)`,
  ];
  for (const text of statements) await pool.query(text, [hall.tenantId, sold]);
}

/** What is done by hand to orders whose money comes later, and the one line of the audit that must report it. */
export const orderViolations: Record<string, Record<string, string[]>> = {
  'I10 tenders': {
    'payments that are not the total': [
      `update tenders set amount = amount - 1 where ${mine} and reference = 'awaiting'`,
    ],
    'an order without a payment': [`delete from tenders where ${mine} and reference = 'awaiting'`],
    'a sale whose money is not all there': [
      `update tenders set captured = captured - 1 where ${mine} and reference = 'settled'`,
    ],
    'a refund that kept something': [
      `update tenders set refunded = refunded - 1 where ${mine} and reference = 'refunded'`,
    ],
    'an order that ended with money': [
      `update payment_intents set state = 'ended' where ${mine} and state = 'awaiting'`,
      `update tenders set captured = 1 where ${mine} and reference = 'awaiting'`,
    ],
    'more given back than there was': [
      'alter table tenders drop constraint tenders_check',
      `update tenders set refunded = captured + 1 where ${mine} and reference = 'refunded'`,
    ],
  },
  'I10 orders': {
    'a settled order without a sale': [
      `update payment_intents set state = 'settled' where ${mine} and state = 'refunded'`,
    ],
    'a sale of an order whose money went back': [
      `update payment_intents set state = 'refunded' where ${mine} and state = 'settled'`,
      `update tenders set refunded = captured where ${mine} and reference = 'settled'`,
    ],
    'a sale of another amount than its order': [
      `update payment_intents set amount = amount + 1 where ${mine} and state = 'settled'`,
      `update tenders set amount = amount + 1 where ${mine} and reference = 'settled'`,
    ],
  },
  'I10 deadlines': {
    'an order that waits beyond its time': [
      `update payment_intents set expires_at = now() - interval '2 days' where ${mine} and state = 'awaiting'`,
    ],
    'money of a card that is kept without a sale': [
      `update payment_intents set state = 'refunding', updated_at = now() - interval '2 days' where ${mine} and state = 'refunded'`,
      `update tenders set provider = 'stripe', refunded = 0 where ${mine} and reference = 'refunded'`,
    ],
  },
  'I10 references': {
    'a transfer that was reported twice': [
      'drop index one_tender_per_reference',
      `update tenders set reference = 'settled' where ${mine}`,
    ],
    'a page that takes two payments': [
      'drop index one_tender_per_page',
      `update tenders set provider = 'stripe', page_id = 'cs_1' where ${mine}`,
    ],
  },
};

/** The same for what names an order of another seller. */
export const foreignOrders: Record<string, string[]> = {
  "a payment of another seller's order": [
    `insert into tenders (tenant_id, transaction_id, tender_no, method, amount, paid_amount, paid_currency)
       values (2, (select transaction_id from fiscal_documents where ${mine} and number = 3), 1, 'cash', 1, 1, 'USD')`,
  ],
  "an event of another seller's order": [
    `update provider_events set tenant_id = 2, event_id = 'evt_2' where ${mine}`,
  ],
};

/** The same for the keys of sales. */
export const keyViolations: Record<string, string[]> = {
  'a sale without its key': [`delete from idempotency_keys where ${firstSale}`],
  'a key of no sale': [
    `insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
       values (1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid())`,
  ],
  'a sale with two keys': [
    `insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
       values (1, gen_random_uuid(), gen_random_uuid(), ${first})`,
  ],
};
