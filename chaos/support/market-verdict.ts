import { setTimeout as sleep } from 'node:timers/promises';
import { runAudit } from '../../src/audit/run-audit.ts';
import { findLedgerFaults } from '../../test/support/ledger.ts';
import { closeDay } from './market-operations.ts';
import { till, type Market } from './market.ts';
import type { Check } from './verdict.ts';

const drainSecondsMax = 300;

const openWork = `
  select 'sales in the state processing' as what, count(*)::int as count from transactions where status = 'processing'
  union all
  select 'orders without an end', count(*)::int from payment_intents i
   where state = 'paid'
      or (state = 'awaiting' and not exists (select from payment_plans p where p.tenant_id = i.tenant_id
                                                and p.transaction_id = i.transaction_id))
      or (state = 'refunding' and exists (select from tenders t where t.tenant_id = i.tenant_id and t.provider is not null
                                             and t.transaction_id = i.transaction_id and t.captured > t.refunded + t.kept))
  union all
  select 'payments that a plan has no place for', count(*)::int from tenders
   where surplus and provider is not null and refunded < captured
  union all select 'repayments', count(*)::int from repayments where done_at is null
  union all select 'exchanges', count(*)::int from exchanges where state = 'open'
  union all select 'messages', count(*)::int from messages where state in ('queued', 'sending')`;

/** What waits for people: cash and transfers that are to be given back. */
const byHand = `
  select i.tenant_id as "tenantId", t.transaction_id || '-' || t.tender_no as id
    from tenders t join payment_intents i using (tenant_id, transaction_id)
   where t.provider is null and t.refunded < t.captured - t.kept and (i.state = 'refunding' or t.surplus)`;

/**
 * Once clients have stopped everything comes to its end: what nobody pays has no more time, days are opened so that what waited
 * for them goes on, and staff give back by hand. @returns what did not end.
 */
export async function endMarket(market: Market): Promise<string[]> {
  const { pool, stripe, stalls } = market;
  for (const event of stripe.kept.splice(0)) await stripe.deliver(event);
  for (const stall of stalls) {
    for (const pointNo of [1, till]) await closeDay(market, stall, pointNo, 0);
  }
  await pool.query(
    `update payment_intents i set expires_at = now()
      where state = 'awaiting' and not exists (select from payment_plans p where p.transaction_id = i.transaction_id)`,
  );
  const until = performance.now() + drainSecondsMax * 1_000;
  for (;;) {
    const { rows: owed } = await pool.query<{ tenantId: number; id: string }>(byHand);
    for (const { tenantId, id } of owed) {
      const { owner, path } = stalls[tenantId - 1]!;
      await market.ask(
        'give back by hand',
        owner,
        ['POST', `${path}/payments/${id}/refunded`, {}],
        ['payment_decided'],
      );
    }
    const { rows } = await pool.query<{ what: string; count: number }>(openWork);
    const left = rows.filter((row) => row.count > 0);
    if (left.length === 0 && owed.length === 0) return [];
    if (performance.now() > until) return left.map(({ what, count }) => `${count} ${what}`);
    await sleep(500);
  }
}

/** What a provider has kept of each order is what its sale, or its plan, has of it by our own documents. */
async function findMoneyFaults({ pool, stripe }: Market): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; ours: number }>(
    `select i.transaction_id as id,
            sum(case when i.state = 'settled' or (i.state = 'awaiting' and not t.surplus)
                     then case when t.surplus then 0 else t.captured end - coalesce(r.amount, 0)
                     else t.kept end)::integer as ours
       from payment_intents i
       join tenders t using (tenant_id, transaction_id)
       left join (select tenant_id, transaction_id, tender_no, sum(paid_amount) as amount from repayments
                   where tender_no is not null group by 1, 2, 3) r using (tenant_id, transaction_id, tender_no)
      where t.provider is not null group by 1`,
  );
  const theirs = new Map(
    [...stripe.ledger()].map(([id, { captured, refunded }]) => [id, captured - refunded] as const),
  );
  const ids = new Set([...theirs.keys(), ...rows.map((row) => row.id)]);
  const ours = new Map(rows.map((row) => [row.id, row.ours]));
  return [...ids]
    .filter((id) => (ours.get(id) ?? 0) !== (theirs.get(id) ?? 0))
    .map((id) => `order ${id}: our documents say ${ours.get(id)}, the provider ${theirs.get(id)}`);
}

/** All that was sold and credited is in the reports of closed days, once. */
async function findReportFaults({ pool }: Market): Promise<string[]> {
  const { rows } = await pool.query<{ tenant: number; reported: number; issued: number }>(
    `select s.tenant_id as tenant, coalesce(z.total, 0)::bigint as reported,
            (coalesce(d.total, 0) - coalesce(c.total, 0))::bigint as issued
       from sellers s
       left join (select tenant_id, sum((b ->> 'total')::bigint) as total
                    from fiscal_days cross join jsonb_array_elements(report -> 'balance') b group by 1) z using (tenant_id)
       left join (select tenant_id, sum(total) as total from fiscal_documents group by 1) d using (tenant_id)
       left join (select tenant_id, sum(total) as total from credit_notes group by 1) c using (tenant_id)`,
  );
  return rows
    .filter(({ reported, issued }) => reported !== issued)
    .map((row) => `seller ${row.tenant}: Z reports of ${row.reported}, documents of ${row.issued}`);
}

/** What buyers were told is there, and every sale is one that somebody was told of. */
async function findAnswerFaults({ pool, told, stalls }: Market): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; number: string; total: number }>(
    `select d.transaction_id as id, s.prefix || lpad(d.number::text, s.padding, '0') as number, d.total
       from fiscal_documents d join fiscal_series s using (tenant_id, series_id)`,
  );
  const there = new Map(rows.map((row) => [row.id, row]));
  const known = new Set(
    stalls.flatMap(({ sales, orders, plans }) => [...sales, ...orders, ...plans].map(({ id }) => id)),
  );
  return [
    ...told
      .filter(({ id, number, total }) => there.get(id)?.number !== number || there.get(id)?.total !== total)
      .map(
        ({ id, number }) => `sale ${id} was answered as ${number}, and is ${JSON.stringify(there.get(id))}`,
      ),
    ...rows.filter(({ id }) => !known.has(id)).map(({ id }) => `sale ${id} was asked for by nobody`),
  ];
}

/** Closes all days for the last time, and looks at everything. */
export async function judgeMarket(market: Market, left: string[]): Promise<Check[]> {
  const { pool, stalls, stripe } = market;
  for (const stall of stalls) {
    for (const pointNo of [1, till]) await closeDay(market, stall, pointNo, 0);
  }
  await pool.query('analyze');
  const audit = await runAudit(pool);
  const broken = audit.lines.filter((line) => line.count > 0);
  return [
    { name: 'everything came to its end', faults: left },
    {
      name: `audit: ${audit.checked} invariants`,
      faults: broken.map(
        (line) => `${line.id}: ${line.sentence}: ${line.count}, such as ${line.culprits.join('; ')}`,
      ),
    },
    {
      name: "I10 the provider's log and ours, payment by payment",
      faults: await findLedgerFaults(pool, stripe),
    },
    {
      name: "I10 money in less money out by our documents and by the provider's log",
      faults: await findMoneyFaults(market),
    },
    { name: 'I14 the reports of days add up to the documents', faults: await findReportFaults(market) },
    { name: 'I12 answers', faults: await findAnswerFaults(market) },
    { name: 'what clients were answered', faults: market.faults },
  ];
}
