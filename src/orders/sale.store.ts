import type { Locale } from '../base/format.ts';
import type { StepName, StepState } from '../base/step.ts';
import type { Reader } from '../db/transaction.ts';
import { formatFiscalNumber } from '../fiscal/fiscal-number.ts';
import type { SaleKey } from './sale-token.ts';
import type { Sale, SaleItem, SaleStatus, SaleStep, SaleTax } from './sale.ts';

type HeadRow = {
  transaction_id: string;
  status: SaleStatus;
  created_at: Date;
  completed_at: Date | null;
  progress_events: number;
  locale: Locale;
  currency: string;
  total: number;
  customer_name: string;
  customer_email: string | null;
  customer_phone: string | null;
  number: number | null;
  prefix: string | null;
  padding: number | null;
  event_id: number;
  event_name: string;
  starts_at: Date;
  venue_name: string;
  address: string | null;
  timezone: string;
  seller_name: string;
  legal_name: string;
  tax_id: string;
};

type ItemRow = {
  transaction_id: string;
  item_no: number;
  zone_no: number;
  zone_name: string;
  seat_no: number | null;
  row_label: string | null;
  seat_label: string | null;
  total: number;
  is_returned: boolean;
  ticket_kind: string | null;
  ticket_kind_name: string | null;
  price_stage: string | null;
  price_stage_name: string | null;
  key_id: number | null;
  signature: Buffer | null;
  generation: number;
  transfer_id: string | null;
};

type TaxRow = { transaction_id: string; name: string; rate_ppm: number | null; amount: number };

type StepRow = {
  transaction_id: string;
  name: StepName;
  state: StepState;
  progress_event: number | null;
  attempts: number;
  updated_at: Date;
  detail: string | null;
};

const heads = `
select t.transaction_id, t.status, t.created_at, t.completed_at, t.progress_events, t.locale, t.currency, t.total,
       t.customer_name, t.customer_email, t.customer_phone, d.number, f.prefix, f.padding,
       e.event_id, e.name as event_name, e.starts_at,
       v.name as venue_name, v.address, v.timezone, s.name as seller_name, s.legal_name, s.tax_id
  from transactions t
  join events e on e.tenant_id = t.tenant_id and e.event_id = t.event_id
  join venues v on v.tenant_id = t.tenant_id and v.venue_id = e.venue_id
  join sellers s on s.tenant_id = t.tenant_id
  left join fiscal_documents d on d.tenant_id = t.tenant_id and d.transaction_id = t.transaction_id
  left join fiscal_series f on f.tenant_id = t.tenant_id and f.series_id = d.series_id
 where t.tenant_id = $1 and t.transaction_id = any ($2::uuid[])`;

/** The name of a kind or stage, of prices as they were when the hold `h` was quoted. */
export const nameOf = (list: 'ticketKinds' | 'stages', code: string): string =>
  `case when ${code} is not null then price_name(h.tenant_id, h.event_id, h.pricing_version, '${list}', ${code}) end`;

const items = `
select i.transaction_id, i.item_no, i.zone_no, z.name as zone_name, i.seat_no, s.row_label, s.seat_label, i.total,
       p.ticket_kind, ${nameOf('ticketKinds', 'p.ticket_kind')} as ticket_kind_name,
       p.price_stage, ${nameOf('stages', 'p.price_stage')} as price_stage_name,
       i.state = 'returned' as is_returned, k.key_id, k.signature, coalesce(k.generation, 1) as generation, k.transfer_id
  from transaction_items i
  join transactions t on t.tenant_id = i.tenant_id and t.transaction_id = i.transaction_id
  left join holds h on h.tenant_id = t.tenant_id and h.hold_id = t.hold_id
  left join hold_terms($1, array(select s.hold_id from transactions s
                                  where s.tenant_id = $1 and s.transaction_id = any ($2::uuid[]))) p
         on p.hold_id = t.hold_id and p.item_no = i.item_no
  join zones z on z.tenant_id = i.tenant_id and z.event_id = i.event_id and z.zone_no = i.zone_no
  left join seats s on s.tenant_id = i.tenant_id and s.event_id = i.event_id and s.seat_no = i.seat_no
  left join tickets k on k.tenant_id = i.tenant_id and k.transaction_id = i.transaction_id and k.item_no = i.item_no
 where i.tenant_id = $1 and i.transaction_id = any ($2::uuid[])
 order by i.transaction_id, i.item_no`;

const taxes = `
select t.transaction_id, r.name, r.rate_ppm, u.amount
  from transactions t
 cross join unnest(t.tax_rule_ids, t.tax_amounts) with ordinality u (tax_rule_id, amount, place)
  join tax_rules r on r.tenant_id = t.tenant_id and r.tax_rule_id = u.tax_rule_id
 where t.tenant_id = $1 and t.transaction_id = any ($2::uuid[])
 order by t.transaction_id, u.place`;

const steps = `
select s.transaction_id, s.name, s.state, s.progress_event, s.attempts, s.updated_at, s.detail
  from steps s
 where s.tenant_id = $1 and s.transaction_id = any ($2::uuid[])
 order by s.transaction_id, s.progress_event nulls last, s.name`;

/** The kind and price stage of a place, from columns that every reader of places has. */
export function soldAs(
  row: Pick<ItemRow, 'ticket_kind' | 'ticket_kind_name' | 'price_stage' | 'price_stage_name'>,
): Pick<SaleItem, 'kind' | 'stage'> {
  const named = (code: string | null, name: string | null) =>
    code === null ? null : { code, name: name ?? code };
  return {
    kind: named(row.ticket_kind, row.ticket_kind_name),
    stage: named(row.price_stage, row.price_stage_name),
  };
}

function itemOf(row: ItemRow): SaleItem {
  const {
    seat_no,
    row_label,
    seat_label,
    key_id: keyId,
    signature,
    generation,
    transfer_id: transferId,
  } = row;
  return {
    itemNo: row.item_no,
    zoneNo: row.zone_no,
    zoneName: row.zone_name,
    seat: seat_no === null ? null : { seatNo: seat_no, row: row_label ?? '', number: seat_label ?? '' },
    total: row.total,
    ...soldAs(row),
    isReturned: row.is_returned,
    ticket: keyId === null || signature === null ? null : { keyId, signature, generation, transferId },
  };
}

function taxOf({ name, rate_ppm, amount }: TaxRow): SaleTax {
  return { name, ratePpm: rate_ppm, amount };
}

function stepOf(row: StepRow): SaleStep {
  return {
    name: row.name,
    state: row.state,
    progressEvent: row.progress_event,
    attempts: row.attempts,
    updatedAt: row.updated_at,
    detail: row.detail,
  };
}

function fiscalNumberOf({ prefix, padding, number }: HeadRow): string | null {
  if (prefix === null || padding === null || number === null) return null;
  return formatFiscalNumber(prefix, padding, number);
}

function saleOf(tenantId: number, row: HeadRow, parts: Pick<Sale, 'items' | 'taxes' | 'steps'>): Sale {
  return {
    tenantId,
    transactionId: row.transaction_id,
    status: row.status,
    createdAt: row.created_at,
    completedAt: row.completed_at,
    progressEvents: row.progress_events,
    locale: row.locale,
    currency: row.currency,
    total: row.total,
    customer: { name: row.customer_name, email: row.customer_email, phone: row.customer_phone },
    fiscalNumber: fiscalNumberOf(row),
    event: { eventId: row.event_id, name: row.event_name, startsAt: row.starts_at },
    venue: { name: row.venue_name, address: row.address, timezone: row.timezone },
    seller: { name: row.seller_name, legalName: row.legal_name, taxId: row.tax_id },
    heldBy: null,
    ...parts,
  };
}

/**
 * Reads sales of one seller in a constant number of queries, whatever their number.
 * @returns them in no order of their own; one that does not exist is left out.
 */
export async function readSales(
  reader: Reader,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<Sale[]> {
  const values = [tenantId, transactionIds];
  // First, and alone: whatever the sale says of itself, its steps and tickets are read no earlier.
  const headRows = await reader.query<HeadRow>({ name: 'read-sales', text: heads, values });
  const [itemRows, taxRows, stepRows] = await Promise.all([
    reader.query<ItemRow>({ name: 'read-sales-items', text: items, values }),
    reader.query<TaxRow>({ name: 'read-sales-taxes', text: taxes, values }),
    reader.query<StepRow>({ name: 'read-sales-steps', text: steps, values }),
  ]);
  const itemsOf = Map.groupBy(itemRows, (row) => row.transaction_id);
  const taxesOf = Map.groupBy(taxRows, (row) => row.transaction_id);
  const stepsOf = Map.groupBy(stepRows, (row) => row.transaction_id);
  return headRows.map((row) =>
    saleOf(tenantId, row, {
      items: (itemsOf.get(row.transaction_id) ?? []).map(itemOf),
      taxes: (taxesOf.get(row.transaction_id) ?? []).map(taxOf),
      steps: (stepsOf.get(row.transaction_id) ?? []).map(stepOf),
    }),
  );
}

/** Reads one sale, or null when there is none such. */
export async function readSale(reader: Reader, key: SaleKey): Promise<Sale | null> {
  const [sale] = await readSales(reader, key.tenantId, [key.transactionId]);
  return sale ?? null;
}
