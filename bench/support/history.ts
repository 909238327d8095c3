import { signTicket } from '../../src/admission/ticket-code.ts';
import { readSigningKey } from '../../src/admission/ticket-key.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { createHalls, createSellers } from './hall.ts';
import type { Progress } from './progress.ts';

/**
 * Past sales: so many sellers with so many events each, all of them sold out by orders of two seats. The tickets of the first
 * seller are signed; those of the others bear as many bytes that are no signature, since ten million would take an hour.
 */
export type History = { sellers: number; eventsEach: number; salesEach: number };

// Large enough that statements cost nothing, small enough that progress shows and memory does not.
const eventsPerStep = 10;
const signedPerStep = 10_000;

// Ids are made from numbers, in the order of time as real ones are: 48 bits of milliseconds, then what md5 gives.
const uuid = (milliseconds: string, seed: string) =>
  `(lpad(to_hex(${milliseconds}), 12, '0') || '7' || substr(${seed}, 1, 3) || '8' || substr(${seed}, 4, 15))::uuid`;

const past = `
  create temporary table past on commit drop as
  select n, event_id, k, at, ${uuid('ms', "md5('t' || n)")} as transaction_id, ${uuid('ms - 60000', "md5('h' || n)")} as hold_id
    from (select n, ms, to_timestamp(ms / 1000.0) as at, $2::integer + (place / $4::integer)::integer as event_id,
                 (place % $4::integer)::integer + 1 as k
            from (select ($5::bigint + place) as n, place,
                         (extract(epoch from now() - interval '400 days') * 1000)::bigint + ($5::bigint + place) * 5000 as ms
                    from generate_series(0, ($3::bigint - $2::bigint + 1) * $4::bigint - 1) place) numbered) dated
   where $1::integer is not null`;

const inserts = [
  `insert into seat_states (tenant_id, event_id, seat_no, state, hold_id)
   select $1, event_id, s, 'sold', hold_id from past, generate_series(2 * k - 1, 2 * k) s order by event_id, s`,
  `insert into holds (tenant_id, hold_id, event_id, state, expires_at, transaction_id, pricing_version, tax_version,
                      quote_valid_until, created_at, net, discounts, fees, taxes, total, line_zone, line_seat, line_quantity,
                      line_unit_price, line_net, line_discounts, line_fees, line_taxes, tax_rule_ids, tax_amounts)
   select $1, hold_id, event_id, 'confirmed', at + interval '9 minutes', transaction_id, 1, 1, 'infinity', at - interval '1 minute',
          5000, 0, 0, 800, 5800, '{1,1}', array[2 * k - 1, 2 * k], '{1,1}', '{2500,2500}', '{2500,2500}', '{0,0}', '{0,0}',
          '{400,400}', '{1}', '{800}' from past order by n`,
  `insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, completed_at, created_at,
                             currency, net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale, customer_name,
                             customer_email)
   select $1, transaction_id, event_id, hold_id, 'completed', 5, at + interval '1 second', at, 'USD', 5000, 0, 0, 800, 5800,
          '{1}', '{800}', 'es', 'Ana Maria Gonzalez', 'buyer' || n || '@bench.invalid' from past order by n`,
  `insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no, net, discounts, fees, taxes, total)
   select $1, transaction_id, i, event_id, 1, 2 * k - 2 + i, 2500, 0, 0, 400, 2900 from past, generate_series(1, 2) i order by n, i`,
  `insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, created_at)
   select $1, transaction_id, 1, 'cash', 'captured', 5800, 'USD', at from past order by n`,
  `insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
   select $1, md5('k' || n)::uuid, md5('b' || n)::uuid, transaction_id from past`,
  `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature, created_at)
   select $1, transaction_id, i, 1, sha512((n * 2 + i)::text::bytea), at from past, generate_series(1, 2) i order by n, i`,
  // As of sales without a mail server: then no messages are needed either.
  `insert into steps (tenant_id, transaction_id, name, state, attempts, progress_event, updated_at)
   select $1, transaction_id, name, state, 1, event, at + interval '1 second'
     from past, (values ('tickets'::step_name, 'done'::step_state, 2), ('email', 'skipped', 3), ('statistics', 'done', 4))
                as s (name, state, event) order by n, name`,
  `insert into sales_statistics (tenant_id, event_id, zone_no, price_stage, channel, quarter, tickets_sold, net, discounts,
                                 fees, taxes, total, updated_at, tickets_returned, taxes_returned, total_returned)
   select $1, event_id, 1, '', 'online', date_bin('15 minutes', at, 'epoch') as quarter, count(*) * 2, count(*) * 5000, 0, 0,
          count(*) * 800, count(*) * 5800, now(), 0, 0, 0 from past group by event_id, quarter`,
  `insert into tax_statistics (tenant_id, event_id, tax_rule_id, quarter, taxes)
   select $1, event_id, 1, date_bin('15 minutes', at, 'epoch') as quarter, count(*) * 800 from past group by event_id, quarter`,
  `with documents as (
     insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash)
     select $1, 1, n, transaction_id, at, 800, 5800, 'USD',
            fiscal_chain((select last_hash from fiscal_series where tenant_id = $1 and series_id = 1),
                         fiscal_content(1::smallint, n, transaction_id, at, 800, 5800, 'USD')) over (order by n)
       from past
     returning number, issued_at, hash)
   update fiscal_series s set next_number = d.number + 1, last_issued_at = d.issued_at, last_hash = d.hash
     from (select * from documents order by number desc limit 1) d where s.tenant_id = $1 and s.series_id = 1`,
  `update events set starts_at = now() - interval '300 days', sales_start_at = now() - interval '420 days',
                     sales_end_at = now() - interval '301 days'
    where tenant_id = $1 and event_id in (select event_id from past)`,
];

/** Sellers whose past sales are all done are swept from here on. */
const marks = [
  `insert into sweep_marks (tenant_id, kind, since) select tenant_id, 'steps', now() from sellers`,
  `update hold_sweep_mark set swept_until = now()`,
];

/** Gives the sales of one seller true signatures. */
async function signTickets(pool: Pool, tenantId: number): Promise<void> {
  const key = await readSigningKey(reader(pool), tenantId);
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await pool.query<{ transaction_id: string; event_id: number }>(
      `select transaction_id, event_id from transactions
        where tenant_id = $1 and transaction_id > $2 order by transaction_id limit ${signedPerStep}`,
      [tenantId, after],
    );
    const last = rows.at(-1);
    if (!last) return;
    after = last.transaction_id;
    const tickets = rows.flatMap((row) =>
      [1, 2].map((itemNo) => {
        const sale = { tenantId, transactionId: row.transaction_id, eventId: row.event_id, itemNo };
        return {
          ...sale,
          signature: signTicket({ ...sale, keyId: key!.keyId, generation: 1 }, key!.privateKey),
        };
      }),
    );
    await pool.query(
      `update tickets t set signature = u.signature
         from unnest($2::uuid[], $3::smallint[], $4::bytea[]) u (transaction_id, item_no, signature)
        where t.tenant_id = $1 and t.transaction_id = u.transaction_id and t.item_no = u.item_no`,
      [
        tenantId,
        tickets.map((ticket) => ticket.transactionId),
        tickets.map((ticket) => ticket.itemNo),
        tickets.map((ticket) => ticket.signature),
      ],
    );
  }
}

/**
 * Fills a database with past sales, each as the checkout leaves it, by a few statements for each ten events.
 * @returns the sellers.
 */
export async function createHistory(url: string, history: History, progress: Progress): Promise<number[]> {
  const { sellers, eventsEach, salesEach } = history;
  const pool = createPool({ url, size: 1, name: 'taquilla bench history' });
  try {
    // Foreign keys of tables that are filled by one statement need no look-up a row; who may not leave them out waits.
    await pool.query(`set session_replication_role = replica`).catch(() => {});
    await pool.query(`set synchronous_commit = off`);
    const tenantIds = await createSellers(pool, sellers);
    let steps = 0;
    for (const tenantId of tenantIds) {
      for (let from = 0; from < eventsEach; from += eventsPerStep) {
        const events = Math.min(eventsPerStep, eventsEach - from);
        const halls = await createHalls(pool, tenantId, {
          events,
          seats: salesEach * 2,
          withoutStates: true,
        });
        const first = halls[0]!.eventId;
        const last = halls.at(-1)!.eventId;
        await pool.query('begin');
        await pool.query(past, [tenantId, first, last, salesEach, (first - 1) * salesEach + 1]);
        for (const text of inserts) await pool.query(text, [tenantId]);
        await pool.query('commit');
        progress.part(++steps, sellers * Math.ceil(eventsEach / eventsPerStep));
      }
    }
    progress.phase('past sales of the measured seller: signatures');
    await signTickets(pool, tenantIds[0]!);
    for (const text of marks) await pool.query(text);
    return tenantIds;
  } finally {
    await pool.end();
  }
}
