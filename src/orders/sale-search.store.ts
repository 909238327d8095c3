import { uuidv7Floor } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { readSnapshot, type Statement } from '../db/transaction.ts';
import { formatFiscalNumber } from '../fiscal/fiscal-number.ts';
import type { SaleQuestion } from './sale-search.ts';
import type { SaleStatus } from './sale.ts';

/** Which sales of a seller are wanted; what is null does not matter. */
export type SaleFilter = {
  /** What was typed, in each way that it can be understood; null: all sales. */
  questions: SaleQuestion[] | null;
  eventId: number | null;
  status: SaleStatus | null;
  /** Days of the seller's calendar, both included. */
  from: string | null;
  to: string | null;
};

/** A sale, or an order that is to be one, as lists show it. Money in minor units. */
export type SaleRow = {
  transactionId: string;
  status: SaleStatus;
  createdAt: Date;
  currency: string;
  total: number;
  customerName: string;
  customerEmail: string | null;
  customerPhone: string | null;
  customerDocument: string | null;
  eventId: number;
  eventName: string;
  startsAt: Date;
  fiscalNumber: string | null;
  tickets: number;
  /** The seats that it has, some of many. */
  seats: string[];
  /** In which ways it was found. */
  matched: SaleQuestion['kind'][];
};

/** Collects the values of a statement and gives each its place. */
class Values {
  readonly all: unknown[] = [];

  add(value: unknown): string {
    this.all.push(value);
    return `$${this.all.length}`;
  }
}

/** Sales with a term that begins so: a range of keys, and no more of it than is worth looking at. */
function byTerm(kind: string, plain: string, more = ''): string {
  return `
    select s.transaction_id from sale_terms s
     where s.tenant_id = $1 and s.kind = '${kind}' and s.term >= ${plain} and s.term < ${plain} || U&'\\+10FFFF' ${more}
     order by s.term desc, s.transaction_id desc limit ${limits.saleCandidatesMax}`;
}

/** Sales with a name that has all of the words, in whatever order: found by the longest, which the fewest share. */
function byWords(words: string[], values: Values): string {
  const [longest = '', ...others] = words.toSorted((a, b) => b.length - a.length);
  const hasAll = others.map(
    (word) =>
      `and position(' ' || plain_text(${values.add(word)}::text) in ' ' || plain_text(coalesce(t.customer_name, i.customer_name))) > 0`,
  );
  return `
    select w.transaction_id from (${byTerm('name', `plain_text(${values.add(longest)}::text)`)}) w
      left join transactions t on t.tenant_id = $1 and t.transaction_id = w.transaction_id
      left join payment_intents i on i.tenant_id = $1 and i.transaction_id = w.transaction_id
     where true ${hasAll.join(' ')}`;
}

function byNumber(text: string, values: Values): string {
  const typed = `upper(${values.add(text)}::text)`;
  // With the prefix of its series as it is printed, or the digits alone.
  return `
    select d.transaction_id
      from fiscal_series f
     cross join lateral (
       select case when starts_with(${typed}, upper(f.prefix)) then substr(${typed}, length(f.prefix) + 1) else ${typed} end as digits) p
     cross join lateral (
       select x.transaction_id from fiscal_documents x
        where x.tenant_id = $1 and x.series_id = f.series_id
          and x.number = case when p.digits ~ '^[0-9]{1,18}$' then p.digits::bigint end
       union all
       select x.transaction_id from credit_notes x
        where x.tenant_id = $1 and x.series_id = f.series_id
          and x.number = case when p.digits ~ '^[0-9]{1,18}$' then p.digits::bigint end) d
     where f.tenant_id = $1`;
}

function bySeat(row: string, number: string, values: Values): string {
  return `
    select i.transaction_id
      from seats s
      join transaction_items i on i.tenant_id = $1 and i.event_id = s.event_id and i.seat_no = s.seat_no and i.state = 'live'
     where s.tenant_id = $1 and lower(s.row_label) = lower(${values.add(row)}::text)
       and lower(s.seat_label) = lower(${values.add(number)}::text)
     order by s.event_id desc limit ${limits.saleCandidatesMax}`;
}

function candidates(question: SaleQuestion, values: Values): string {
  switch (question.kind) {
    case 'id':
      return `select ${values.add(question.transactionId)}::uuid as transaction_id`;
    case 'number':
      return byNumber(question.text, values);
    case 'email':
      return byTerm('email', `plain_text(${values.add(question.text)}::text)`);
    case 'name': {
      const phrase = byTerm('name', `plain_text(${values.add(question.text)}::text)`);
      if (question.words.length === 1) return phrase;
      return `(${phrase}) union all (${byWords(question.words, values)})`;
    }
    case 'phone':
      // With or without the country's code or a leading zero.
      return byTerm('phone', `reverse(${values.add(question.digits.replace(/^0+/, '').slice(-9))}::text)`);
    case 'document':
      return byTerm('document', `plain_code(${values.add(question.text)}::text)`);
    case 'reference':
      return byTerm('reference', `reverse(plain_code(${values.add(question.text)}::text))`);
    case 'seat':
      return bySeat(question.row, question.number, values);
  }
}

const openIntents = `
  select i.transaction_id, array[]::text[] as matched from payment_intents i
   where i.tenant_id = $1 and i.state <> 'settled'
     and not exists (select from transactions t where t.tenant_id = $1 and t.transaction_id = i.transaction_id)`;

/** Where the sales of a list without a question come from, by a key that is in their order. */
function sourceOf({ eventId, status }: SaleFilter, range: (key: string) => string): string {
  if (status === 'awaiting_payment') return `${openIntents} and ${range('i.transaction_id')}`;
  if (status === 'cancelled' || status === 'refunded') {
    return `
      select r.transaction_id, array[]::text[] as matched from refunds r
       where r.tenant_id = $1 and ${range('r.transaction_id')} group by r.transaction_id
      union all ${openIntents} and ${range('i.transaction_id')}`;
  }
  if (eventId !== null) {
    return `
      select s.transaction_id, array[]::text[] as matched from sale_terms s
       where s.tenant_id = $1 and s.kind = 'event' and s.term = '${eventId}' and ${range('s.transaction_id')}`;
  }
  return `
    select t.transaction_id, array[]::text[] as matched from transactions t
     where t.tenant_id = $1 and ${range('t.transaction_id')}
    union all ${openIntents} and ${range('i.transaction_id')}`;
}

const intentStatus = `
  case i.state when 'ended' then 'cancelled' when 'refunding' then 'refunded' when 'refunded' then 'refunded'
               else 'awaiting_payment' end`;

// An order is made at its beginning and sold up to a day later, a day of a calendar begins up to 14 hours from UTC's.
const orderHours = 26;
const dayHours = 14;
const hour = 3_600_000;
// A sale that is still processing is no older than its steps may be (I8).
const processingHours = 26;

/** The range of ids that the filter leaves, as a condition on a key. */
function rangeOf(filter: SaleFilter, after: string | null, now: Date, values: Values) {
  const { from, to, status } = filter;
  const bounds: string[] = [];
  const bound = (operator: string, at: number) =>
    bounds.push(`${operator} ${values.add(uuidv7Floor(new Date(at)))}::uuid`);
  if (after !== null) bounds.push(`< ${values.add(after)}::uuid`);
  if (from !== null) bound('>=', Date.parse(from) - (orderHours + dayHours) * hour);
  if (to !== null) bound('<', Date.parse(to) + (24 + dayHours) * hour);
  if (status === 'processing') bound('>=', now.getTime() - processingHours * hour);
  return (key: string) => ['true', ...bounds.map((one) => `${key} ${one}`)].join(' and ');
}

function conditionsOf({ questions, eventId, status, from, to }: SaleFilter, values: Values): string {
  const made = `coalesce(t.created_at, i.created_at)`;
  const day = (text: string, days: number) =>
    `((${values.add(text)}::date + ${days})::timestamp at time zone (select timezone from sellers where tenant_id = $1))`;
  return [
    `coalesce(t.transaction_id, i.transaction_id) is not null`,
    // Of all orders that nobody paid, only a search tells.
    ...(questions === null && status === null ? [`i.state is distinct from 'ended'`] : []),
    ...(eventId === null ? [] : [`coalesce(t.event_id, i.event_id) = ${values.add(eventId)}::integer`]),
    ...(status === null ? [] : [`coalesce(t.status::text, ${intentStatus}) = ${values.add(status)}::text`]),
    ...(from === null ? [] : [`${made} >= ${day(from, 0)}`]),
    ...(to === null ? [] : [`${made} < ${day(to, 1)}`]),
  ].join(' and ');
}

/**
 * The statement for a page of a seller's sales, the newest first. Whatever is asked for, it reads a range of keys: of a search
 * at most `saleCandidatesMax` rows for each way to understand it.
 */
export function saleListStatement(
  tenantId: number,
  filter: SaleFilter,
  page: { startingAfter: string | null; limit: number; now: Date },
): Statement {
  const values = new Values();
  values.add(tenantId);
  const { questions } = filter;
  const range = rangeOf(filter, page.startingAfter, page.now, values);
  const found = (questions ?? []).map(
    (question) =>
      `select '${question.kind}'::text as kind, c.transaction_id from (${candidates(question, values)}) c`,
  );
  const source =
    questions === null
      ? sourceOf(filter, range)
      : `select f.transaction_id, array_agg(distinct f.kind) as matched from (${found.join(' union all ') || `select ''::text as kind, null::uuid as transaction_id where false`}) f
          where ${range('f.transaction_id')} group by f.transaction_id`;
  const where = conditionsOf(filter, values);
  const text = `
    with page as materialized (
      select m.transaction_id, m.matched, coalesce(t.status::text, ${intentStatus}) as status,
             coalesce(t.created_at, i.created_at) as created_at, coalesce(t.currency, i.currency) as currency,
             coalesce(t.total, i.amount) as total, coalesce(t.customer_name, i.customer_name) as name,
             coalesce(t.customer_email, i.customer_email) as email, coalesce(t.customer_phone, i.customer_phone) as phone,
             coalesce(t.customer_document, i.customer_document) as document,
             coalesce(t.event_id, i.event_id) as event_id
        from (${source}) m
        left join transactions t on t.tenant_id = $1 and t.transaction_id = m.transaction_id
        left join payment_intents i on i.tenant_id = $1 and i.transaction_id = m.transaction_id and t.transaction_id is null
       where ${where}
       order by m.transaction_id desc limit ${values.add(page.limit + 1)})
    select p.transaction_id as "transactionId", p.matched, p.status, p.created_at as "createdAt", p.currency, p.total,
           p.name as "customerName", p.email as "customerEmail", p.phone as "customerPhone", p.document as "customerDocument",
           p.event_id as "eventId", e.name as "eventName", e.starts_at as "startsAt", d.number, f.prefix, f.padding,
           (select count(*)::integer from transaction_items x
             where x.tenant_id = $1 and x.transaction_id = p.transaction_id) as tickets,
           array(select s.row_label || '-' || s.seat_label from transaction_items x
                   join seats s on s.tenant_id = $1 and s.event_id = x.event_id and s.seat_no = x.seat_no
                  where x.tenant_id = $1 and x.transaction_id = p.transaction_id
                  order by x.item_no limit ${limits.saleSeatsListedMax}) as seats
      from page p
      join events e on e.tenant_id = $1 and e.event_id = p.event_id
      left join fiscal_documents d on d.tenant_id = $1 and d.transaction_id = p.transaction_id
      left join fiscal_series f on f.tenant_id = $1 and f.series_id = d.series_id
     order by p.transaction_id desc`;
  return { text, values: values.all };
}

/** Has statements of this transaction read by keys, whatever the statistics of the tables say. */
export const readByKeys: Statement = {
  name: 'read-by-keys',
  text: `select set_config(name, 'off', true) from unnest('{enable_seqscan,enable_hashjoin,enable_mergejoin,enable_bitmapscan,jit}'::text[]) name`,
};

type ListedRow = Omit<SaleRow, 'fiscalNumber'> & {
  number: number | null;
  prefix: string | null;
  padding: number | null;
};

/** A page of a seller's sales, the newest first. */
export async function listSales(
  pool: Pool,
  tenantId: number,
  filter: SaleFilter,
  page: { startingAfter: string | null; limit: number; now: Date },
): Promise<{ sales: SaleRow[]; hasMore: boolean }> {
  const rows = await readSnapshot(pool, async (reader) => {
    await reader.query(readByKeys);
    return await reader.query<ListedRow>(saleListStatement(tenantId, filter, page));
  });
  const sales = rows.slice(0, page.limit).map(({ number, prefix, padding, ...row }) => ({
    ...row,
    fiscalNumber:
      number === null || prefix === null || padding === null
        ? null
        : formatFiscalNumber(prefix, padding, number),
  }));
  return { sales, hasMore: rows.length > page.limit };
}
