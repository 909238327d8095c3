import { uuidv7Floor, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader, Row } from '../db/transaction.ts';
import { formatFiscalNumber } from '../fiscal/fiscal-number.ts';
import { findSales } from '../orders/find-sales.store.ts';
import type { DoorCursor } from './door-cursor.ts';
import type { DoorTicket } from './door.ts';

type TicketRow = Row &
  Omit<DoorTicket, 'saleNumber'> & { saleNo: number | null; prefix: string | null; padding: number | null };

/** The tickets of these sales that are for an event, in the order of their sales. */
async function readTicketsOf(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  transactionIds: readonly string[],
): Promise<DoorTicket[]> {
  if (transactionIds.length === 0) return [];
  const rows = await reader.query<TicketRow>({
    name: 'read-door-tickets',
    text: `select i.transaction_id as "transactionId", i.item_no as "itemNo", coalesce(k.generation, 1) as generation,
                  i.zone_no as "zoneNo", z.name as "zoneName", s.row_label as row, s.seat_label as number,
                  n.kind as "ticketKind", coalesce(x.holder_name, t.customer_name) as name,
                  right(t.customer_document, 4) as "documentEnd", d.number as "saleNo", f.prefix, f.padding, t.locale,
                  i.state = 'live' as "isLive", nullif(a.state, 'undone') as state
             from transaction_items i
             join transactions t on t.tenant_id = i.tenant_id and t.transaction_id = i.transaction_id
             join zones z on z.tenant_id = i.tenant_id and z.event_id = i.event_id and z.zone_no = i.zone_no
             left join tickets k on k.tenant_id = i.tenant_id and k.transaction_id = i.transaction_id and k.item_no = i.item_no
             left join seats s on s.tenant_id = i.tenant_id and s.event_id = i.event_id and s.seat_no = i.seat_no
             left join ticket_transfers x on x.tenant_id = k.tenant_id and x.transfer_id = k.transfer_id
             left join fiscal_documents d on d.tenant_id = i.tenant_id and d.transaction_id = i.transaction_id
             left join fiscal_series f on f.tenant_id = d.tenant_id and f.series_id = d.series_id
             left join ticket_kinds_of($1, $3) n on n.transaction_id = i.transaction_id and n.item_no = i.item_no
             left join admissions a on a.tenant_id = i.tenant_id and a.transaction_id = i.transaction_id and a.item_no = i.item_no
            where i.tenant_id = $1 and i.event_id = $2 and i.transaction_id = any ($3::uuid[])
            order by i.transaction_id, i.item_no`,
    values: [tenantId, eventId, transactionIds],
  });
  return rows.map(({ saleNo, prefix, padding, ...ticket }) => ({
    ...ticket,
    saleNumber:
      saleNo === null || prefix === null || padding === null
        ? null
        : formatFiscalNumber(prefix, padding, saleNo),
  }));
}

/** One ticket of an event as the door sees it, or null. */
export async function readDoorTicket(
  reader: Reader,
  key: EventKey,
  ticket: { transactionId: string; itemNo: number },
): Promise<DoorTicket | null> {
  const tickets = await readTicketsOf(reader, key, [ticket.transactionId]);
  return tickets.find(({ itemNo }) => itemNo === ticket.itemNo) ?? null;
}

/** How a ticket stands at the door by the last scan that counted. */
export type AdmissionChange = {
  transactionId: string;
  itemNo: number;
  state: 'inside' | 'outside' | 'undone';
  at: Date;
  gateNo: number;
};

/** Sales whose key lies behind the cursor although they came after it: their money came late, or a till told late of them. */
async function readLateSales(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  since: Date,
): Promise<string[]> {
  const reach = new Date(since.getTime() - limits.doorListReachSeconds * 1_000);
  const rows = await reader.query<{ id: string }>({
    name: 'read-late-sales',
    text: `select i.transaction_id as id from payment_intents i
            where i.tenant_id = $1 and i.transaction_id >= $4 and i.event_id = $2 and i.state = 'settled' and i.updated_at >= $3
            union
           select r.transaction_id from till_leases l
             join till_records r on r.tenant_id = l.tenant_id and r.device_no = l.device_no and r.lease_id = l.lease_id
            where l.tenant_id = $1 and l.event_id = $2 and r.tenant_id = $1 and r.received_at >= $3
              and r.transaction_id is not null
            limit $5`,
    values: [tenantId, eventId, since, uuidv7Floor(reach), limits.doorListLateRowsMax],
  });
  return rows.map(({ id }) => id);
}

async function readSalesAfter(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  after: string,
  until: string,
): Promise<string[]> {
  const rows = await reader.query<{ id: string }>({
    name: 'read-door-sales',
    text: `select transaction_id as id from transactions
            where tenant_id = $1 and transaction_id > $3 and transaction_id < $4 and event_id = $2
              and status in ('processing', 'completed')
            order by transaction_id limit $5`,
    values: [tenantId, eventId, after, until, limits.doorListRowsMax],
  });
  return rows.map(({ id }) => id);
}

async function readAdmissionsAfter(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  after: number,
): Promise<{ changes: AdmissionChange[]; lastNo: number; isFull: boolean }> {
  const rows = await reader.query<AdmissionChange & Row & { scanNo: number }>({
    name: 'read-admissions-after',
    text: `select n.scan_no as "scanNo", a.transaction_id as "transactionId", a.item_no as "itemNo", a.state,
                  l.scanned_at as at, l.gate_no as "gateNo"
             from (select s.scan_no, s.transaction_id, s.item_no, s.verdict from scans s
                    where s.tenant_id = $1 and s.event_id = $2 and s.scan_no > $3 order by s.scan_no limit $4) n
             left join admissions a on a.tenant_id = $1 and a.transaction_id = n.transaction_id and a.item_no = n.item_no
                                   and n.verdict in ('admitted', 'left', 'undone')
             left join scans l on l.tenant_id = $1 and l.scan_id = a.scan_id
            order by n.scan_no`,
    values: [tenantId, eventId, after, limits.doorListRowsMax],
  });
  const changes = rows.flatMap(({ scanNo: _, ...change }) => (change.state === null ? [] : [change]));
  return { changes, lastNo: rows.at(-1)?.scanNo ?? after, isFull: rows.length === limits.doorListRowsMax };
}

/**
 * What is new for a scanner since its cursor: tickets that were sold, and how tickets stand at the door.
 * @returns also the cursor to go on from, but for the codes that were revoked.
 */
export async function readDoorList(
  reader: Reader,
  key: EventKey,
  cursor: DoorCursor,
  now: Date,
): Promise<{ tickets: DoorTicket[]; admissions: AdmissionChange[]; cursor: DoorCursor; hasMore: boolean }> {
  const until = new Date(now.getTime() - limits.doorListLagSeconds * 1_000);
  const end = uuidv7Floor(until);
  const sales = await readSalesAfter(reader, key, cursor.transactionId, end);
  const isFull = sales.length === limits.doorListRowsMax;
  // Those that are too young to be passed for good are told as well, and again the next time.
  const young = isFull ? [] : await readSalesAfter(reader, key, end, uuidv7Floor(new Date(8.64e13)));
  const late = cursor.since === null || isFull ? [] : await readLateSales(reader, key, cursor.since);
  const tickets = await readTicketsOf(reader, key, [...new Set([...sales, ...young, ...late])]);
  const { changes, lastNo, isFull: isScansFull } = await readAdmissionsAfter(reader, key, cursor.scanNo);
  const passed = end > cursor.transactionId ? end : cursor.transactionId;
  return {
    tickets: tickets.filter((ticket) => ticket.isLive),
    admissions: changes,
    cursor: {
      ...cursor,
      transactionId: isFull ? sales.at(-1)! : passed,
      scanNo: lastNo,
      // Late sales are asked for from the first answer on, and some time before the last.
      since: isFull ? cursor.since : until,
    },
    hasMore: isFull || isScansFull,
  };
}

/**
 * Tickets of an event by what somebody at the door can say: a sale's number or id, a part of the buyer's or the
 * holder's name, or the end of the buyer's document.
 */
export async function searchTickets(reader: Reader, key: EventKey, text: string): Promise<DoorTicket[]> {
  const { tenantId, eventId } = key;
  const named = await findSales(reader, text, tenantId);
  if (named.length > 0)
    return await readTicketsOf(
      reader,
      key,
      named.map(({ transactionId }) => transactionId),
    );
  const rows = await reader.query<{ id: string }>({
    text: `with wanted as (
             select plain_name($3) as name, regexp_replace(upper($3), '[^A-Z0-9]', '', 'g') as document
           )
           select t.transaction_id as id from transactions t, wanted w
            where t.tenant_id = $1 and t.event_id = $2 and t.status in ('processing', 'completed')
              and (position(w.name in plain_name(t.customer_name)) > 0
                   or (length(w.document) > 2
                       and right(regexp_replace(upper(t.customer_document), '[^A-Z0-9]', '', 'g'), length(w.document)) = w.document)
                   or exists (select from ticket_transfers x
                               where x.tenant_id = $1 and x.transaction_id = t.transaction_id and x.accepted_at is not null
                                 and position(w.name in plain_name(x.holder_name)) > 0))
            order by t.transaction_id desc limit $4`,
    values: [tenantId, eventId, text, limits.doorSearchRowsMax],
  });
  return await readTicketsOf(
    reader,
    key,
    rows.map(({ id }) => id),
  );
}
