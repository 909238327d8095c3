import type { EventKey } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { Breakdown, DayRange, SalesSums } from './report.ts';

const sums = `coalesce(sum(s.tickets_sold), 0)::bigint as "ticketsSold", coalesce(sum(s.net), 0)::bigint as net,
  coalesce(sum(s.discounts), 0)::bigint as discounts, coalesce(sum(s.fees), 0)::bigint as fees,
  coalesce(sum(s.taxes), 0)::bigint as taxes, coalesce(sum(s.total), 0)::bigint as total,
  coalesce(sum(s.tickets_returned), 0)::bigint as "ticketsReturned",
  coalesce(sum(s.taxes_returned), 0)::bigint as "taxesReturned",
  coalesce(sum(s.total_returned), 0)::bigint as "totalReturned"`;

/** The quarters of the days from $2 to $3 in the time zone of seller $1; an open end has no bound. */
const range = `
  select timezone, coalesce($2::date::timestamp at time zone timezone, '-infinity') as since,
         coalesce(($3::date + 1)::timestamp at time zone timezone, 'infinity') as until
    from sellers where tenant_id = $1`;

// By their expiry, which has an index: the states of all seats of a page of stadiums would be a million rows.
const held = `
  select h.event_id, l.zone_no, sum(l.quantity)::integer as places
    from holds h cross join unnest(h.line_zone, h.line_quantity) l (zone_no, quantity)
   where h.tenant_id = $1 and h.state = 'live' and h.expires_at > now()
   group by 1, 2`;

/** An event with what was sold in a range of days, and what is held of it right now. */
export type EventReport = SalesSums & {
  eventId: number;
  name: string;
  startsAt: Date;
  currency: string;
  timezone: string;
  capacity: number;
  held: number;
};

/** The events of a seller below the given id, the newest first, or the one event alone. */
export async function readEventReports(
  reader: Reader,
  tenantId: number,
  { from, to }: DayRange,
  page: { eventId?: number | undefined; before?: number | undefined; limit: number },
): Promise<{ events: EventReport[]; hasMore: boolean }> {
  const events = await reader.query<EventReport>({
    name: 'read-event-reports',
    text: `with range as (${range}), held as materialized (${held})
           select e.event_id as "eventId", e.name, e.starts_at as "startsAt", e.currency, r.timezone,
                  (select coalesce(sum(capacity), 0)::integer from zones z
                    where z.tenant_id = $1 and z.event_id = e.event_id) as capacity,
                  (select coalesce(sum(places), 0)::integer from held where held.event_id = e.event_id) as held, s.*
             from range r
             join events e on e.tenant_id = $1
            cross join lateral (
              select ${sums} from sales_statistics s
               where s.tenant_id = $1 and s.event_id = e.event_id and s.quarter >= r.since and s.quarter < r.until) s
            where ($4::integer is null or e.event_id = $4) and ($5::integer is null or e.event_id < $5)
            order by e.event_id desc limit $6`,
    values: [tenantId, from, to, page.eventId ?? null, page.before ?? null, page.limit + 1],
  });
  return { events: events.slice(0, page.limit), hasMore: events.length > page.limit };
}

/** A part of an event's sales. Where it is not known, the parts by tax have the taxes alone. */
export type ReportRow = Partial<SalesSums> & {
  /** The number of the zone or tax rule, the code of the channel or stage, the start of the hour, the day. */
  key: string | number | Date;
  name: string | null;
  taxes: number;
  capacity?: number;
  held?: number;
};

const ofEvent = `s.tenant_id = $1 and s.event_id = $4 and s.quarter >= r.since and s.quarter < r.until`;

/** Parts of `key`, which is SQL over the statistics `s` and the range `r`. */
const partsBy = (key: string, name = 'null::text') => `
  select ${key} as key, ${name} as name, ${sums} from range r join sales_statistics s on ${ofEvent} group by 1`;

const parts: Record<Breakdown, { text: string; type: string }> = {
  zone: {
    type: 'integer',
    text: `select z.zone_no as key, z.name, z.capacity, coalesce(h.places, 0) as held, s.*
             from zones z cross join range r
             left join (${held}) h on h.event_id = z.event_id and h.zone_no = z.zone_no
            cross join lateral (
              select ${sums} from sales_statistics s where ${ofEvent} and s.zone_no = z.zone_no) s
            where z.tenant_id = $1 and z.event_id = $4`,
  },
  tax: {
    type: 'integer',
    text: `select s.tax_rule_id as key, t.name, sum(s.taxes)::bigint as taxes
             from range r join tax_statistics s on ${ofEvent}
             left join tax_rules t on t.tenant_id = $1 and t.tax_rule_id = s.tax_rule_id
            group by 1, 2`,
  },
  channel: { type: 'text', text: partsBy('s.channel') },
  price_stage: { type: 'text', text: partsBy('s.price_stage') },
  hour: {
    type: 'timestamptz',
    text: partsBy(
      `date_trunc('hour', s.quarter, r.timezone)`,
      `min(to_char(s.quarter at time zone r.timezone, 'YYYY-MM-DD HH24":00"'))`,
    ),
  },
  day: { type: 'text', text: partsBy(`to_char(s.quarter at time zone r.timezone, 'YYYY-MM-DD')`) },
};

/** A page of the parts of an event's sales in a range of days, in the order of their keys. */
export async function readReportParts(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  { from, to }: DayRange,
  page: { by: Breakdown; after: ReportRow['key'] | null; limit: number },
): Promise<{ rows: ReportRow[]; hasMore: boolean }> {
  const { text, type } = parts[page.by];
  const rows = await reader.query<ReportRow>({
    name: `read-report-${page.by}`,
    text: `with range as (${range}), parts as (${text})
           select * from parts where $5::${type} is null or key > $5::${type} order by key limit $6`,
    values: [tenantId, from, to, eventId, page.after, page.limit + 1],
  });
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}
