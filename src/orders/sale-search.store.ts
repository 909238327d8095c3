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
      return byTerm('phone', `reverse(${values.add(question.digits)}::text)`);
    case 'document':
      return byTerm('document', `plain_code(${values.add(question.text)}::text)`);
    case 'reference':
      return byTerm('reference', `reverse(plain_code(${values.add(question.text)}::text))`);
    case 'seat':
      return bySeat(question.row, question.number, values);
  }
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
  return (key: string) => bounds.map((one) => ` and ${key} ${one}`).join('');
}

/** What the filter says of a row of one of the two tables. */
function conditionsOf({ eventId, status, from, to }: SaleFilter, values: Values) {
  const day = (text: string, days: number) =>
    `((${values.add(text)}::date + ${days})::timestamp at time zone (select timezone from sellers where tenant_id = $1))`;
  const event = eventId === null ? null : `${values.add(eventId)}::integer`;
  const wanted = status === null ? null : `${values.add(status)}::text`;
  const since = from === null ? null : day(from, 0);
  const until = to === null ? null : day(to, 1);
  return (table: string, statusOf: string) =>
    [
      ...(event === null ? [] : [` and ${table}.event_id = ${event}`]),
      ...(wanted === null ? [] : [` and ${statusOf} = ${wanted}`]),
      ...(since === null ? [] : [` and ${table}.created_at >= ${since}`]),
      ...(until === null ? [] : [` and ${table}.created_at < ${until}`]),
    ].join('');
}

/** Where a list's rows come from, `m`, each read by a key that is in the order of the list; null: the table itself. */
function sourceOf({ questions, eventId, status }: SaleFilter, range: (key: string) => string): string | null {
  if (questions !== null) return 'found';
  if (status === 'cancelled' || status === 'refunded')
    return `(select r.transaction_id, array[]::text[] as matched from refunds r
              where r.tenant_id = $1${range('r.transaction_id')} group by r.transaction_id)`;
  if (eventId === null) return null;
  return `(select s.transaction_id, array[]::text[] as matched from sale_terms s
            where s.tenant_id = $1 and s.kind = 'event' and s.term = '${eventId}')`;
}

const customer = (table: string) =>
  `${table}.customer_name, ${table}.customer_email, ${table}.customer_phone, ${table}.customer_document`;

/** Sales of the list, and orders that are none: each read in the order of the list, no more than a page of either. */
function branchesOf(
  filter: SaleFilter,
  range: (key: string) => string,
  limit: string,
  values: Values,
): string[] {
  const { status, questions } = filter;
  const source = sourceOf(filter, range);
  const conditions = conditionsOf(filter, values);
  const from = (table: string, own: string) => {
    const key = source === null ? `${own}.transaction_id` : 'm.transaction_id';
    const rows =
      source === null
        ? `${table} ${own} where ${own}.tenant_id = $1`
        : // Not to be turned round: a page of the source leads to few rows of the table.
          `${source} m cross join lateral (
            select * from ${table} x where x.tenant_id = $1 and x.transaction_id = m.transaction_id offset 0) ${own} where true`;
    return { key, rows, matched: source === null ? 'array[]::text[]' : 'm.matched' };
  };
  const sold = from('transactions', 't');
  const sales = `
    select t.transaction_id, ${sold.matched} as matched, t.status::text, t.created_at, t.currency, t.total, ${customer('t')}, t.event_id
      from ${sold.rows}${range(sold.key)}${conditions('t', 't.status::text')}
     order by ${sold.key} desc limit ${limit}`;
  // What ended without a sale has no refunds.
  const ordered =
    source !== null && questions === null && status !== null && filter.eventId === null
      ? {
          key: 'i.transaction_id',
          rows: 'payment_intents i where i.tenant_id = $1',
          matched: 'array[]::text[]',
        }
      : from('payment_intents', 'i');
  // Of all orders that nobody paid, only a search and who asks for them are told.
  const ended = questions === null && status === null ? ` and i.state <> 'ended'` : '';
  const orders = `
    select i.transaction_id, ${ordered.matched} as matched, ${intentStatus}, i.created_at, i.currency, i.amount, ${customer('i')}, i.event_id
      from ${ordered.rows}${range(ordered.key)} and i.state <> 'settled'${ended}${conditions('i', intentStatus)}
       and not exists (select from transactions t where t.tenant_id = $1 and t.transaction_id = i.transaction_id)
     order by ${ordered.key} desc limit ${limit}`;
  if (status === 'awaiting_payment') return [orders];
  return status === 'processing' || status === 'completed' ? [sales] : [sales, orders];
}

function foundOf({ questions }: SaleFilter, values: Values): string {
  const parts = (questions ?? []).map(
    (question) =>
      `select '${question.kind}'::text as kind, c.transaction_id from (${candidates(question, values)}) c`,
  );
  if (parts.length === 0) parts.push(`select ''::text as kind, null::uuid as transaction_id where false`);
  return `select f.transaction_id, array_agg(distinct f.kind) as matched from (${parts.join(' union all ')}) f
           group by f.transaction_id`;
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
  const limit = values.add(page.limit + 1);
  const range = rangeOf(filter, page.startingAfter, page.now, values);
  const branches = branchesOf(filter, range, limit, values).map((branch) => `(${branch})`);
  const text = `
    with ${filter.questions === null ? '' : `found as materialized (${foundOf(filter, values)}),`}
    page (transaction_id, matched, status, created_at, currency, total, name, email, phone, document, event_id) as materialized (
      select * from (${branches.join(' union all ')}) b order by 1 desc limit ${limit})
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

/** Has statements of this transaction read by keys and in their order, whatever the statistics of the tables say. */
export const readByKeys: Statement = {
  name: 'read-by-keys',
  text: `select set_config('max_parallel_workers_per_gather', '0', true),
                (select count(set_config(name, 'off', true))
                   from unnest('{enable_seqscan,enable_hashjoin,enable_mergejoin,enable_bitmapscan,enable_sort,jit}'::text[]) name)`,
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
