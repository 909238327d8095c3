import { uuidv7Floor, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader, Row } from '../db/transaction.ts';

/** What became of the holds that were placed in an hour. */
export type HoldHour = {
  hour: Date;
  placed: number;
  /** Became a sale. */
  confirmed: number;
  /** Ran out, or were given back. */
  expired: number;
  released: number;
  live: number;
};

/** What became of an event's holds, hour by hour since an instant. */
export async function readConversion(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  since: Date,
): Promise<HoldHour[]> {
  return await reader.query<Row & HoldHour>({
    text: `select date_trunc('hour', h.created_at) as hour, count(*)::integer as placed,
                  (count(*) filter (where h.state = 'confirmed'))::integer as confirmed,
                  (count(*) filter (where h.state = 'expired'))::integer as expired,
                  (count(*) filter (where h.state = 'released'))::integer as released,
                  (count(*) filter (where h.state = 'live'))::integer as live
             from holds h
            where h.tenant_id = $1 and h.hold_id >= $2 and h.event_id = $3 and h.created_at >= $4
            group by 1 order by 1`,
    values: [tenantId, uuidv7Floor(since), eventId, since],
  });
}

/** What an event sold, less what went back, in an hour since its first sale. Money in minor units. */
export type SoldHour = { hour: number; tickets: number; total: number };

/** What an event sold by hours since its first sale; an hour without a sale is left out. */
export async function readSoldHours(reader: Reader, { tenantId, eventId }: EventKey): Promise<SoldHour[]> {
  return await reader.query<Row & SoldHour>({
    text: `select floor(extract(epoch from s.quarter - f.first) / 3600)::integer as hour,
                  sum(s.tickets_sold - s.tickets_returned)::bigint as tickets,
                  sum(s.total - s.total_returned)::bigint as total
             from (select min(quarter) as first from sales_statistics where tenant_id = $1 and event_id = $2) f
             join sales_statistics s on s.tenant_id = $1 and s.event_id = $2
            group by 1 order by 1 limit $3`,
    values: [tenantId, eventId, limits.comparedHoursMax],
  });
}

/** What was sold in a price stage; the empty code stands for prices without stages. */
export type SoldStage = { stage: string; tickets: number; total: number };

/** What an event sold by price stage, as its holds were quoted, less what went back. */
export async function readSoldStages(reader: Reader, { tenantId, eventId }: EventKey): Promise<SoldStage[]> {
  return await reader.query<Row & SoldStage>({
    text: `select coalesce(h.terms->'stages'->>(l.line_no - 1)::integer, '') as stage,
                  count(*)::integer as tickets, sum(i.total)::bigint as total
             from sale_terms s
             join transactions t on t.tenant_id = $1 and t.transaction_id = s.transaction_id
             join holds h on h.tenant_id = $1 and h.hold_id = t.hold_id
            cross join lateral (
              select u.line_no, sum(u.quantity) over (order by u.line_no) as last, u.quantity
                from unnest(h.line_quantity) with ordinality u (quantity, line_no)) l
             join transaction_items i on i.tenant_id = $1 and i.transaction_id = t.transaction_id and i.state = 'live'
              and i.item_no > l.last - l.quantity and i.item_no <= l.last
            where s.tenant_id = $1 and s.kind = 'event' and s.term = $2::integer::text
            group by 1 order by 1`,
    values: [tenantId, eventId],
  });
}

/** The event that began last before this one and sold something; null when there is none. */
export async function findEventBefore(
  reader: Reader,
  { tenantId, eventId }: EventKey,
): Promise<number | null> {
  const [row] = await reader.query<{ eventId: number }>({
    text: `select e.event_id as "eventId"
             from events e
             join events o on o.tenant_id = $1 and o.event_id = $2
            where e.tenant_id = $1 and (e.starts_at, e.event_id) < (o.starts_at, o.event_id)
              and exists (select from sales_statistics s where s.tenant_id = $1 and s.event_id = e.event_id)
            order by e.starts_at desc, e.event_id desc limit 1`,
    values: [tenantId, eventId],
  });
  return row?.eventId ?? null;
}

/** The name of an event; null when the seller has no such event. */
export async function readEventName(reader: Reader, { tenantId, eventId }: EventKey): Promise<string | null> {
  const [row] = await reader.query<{ name: string }>({
    text: 'select name from events where tenant_id = $1 and event_id = $2',
    values: [tenantId, eventId],
  });
  return row?.name ?? null;
}
