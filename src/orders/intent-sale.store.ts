import type { Reader, Row } from '../db/transaction.ts';
import { payingDetail, statusOf, type Intent } from '../payments/intent.ts';
import { readIntent } from '../payments/intent.store.ts';
import { payingWords } from '../payments/paying-words.ts';
import type { SaleKey } from './sale-token.ts';
import { nameOf, readSales, soldAs } from './sale.store.ts';
import type { Sale, SaleItem } from './sale.ts';

type HeadRow = Pick<Row, never> & {
  event_name: string;
  starts_at: Date;
  venue_name: string;
  address: string | null;
  timezone: string;
  seller_name: string;
  legal_name: string;
  tax_id: string;
  tax_names: { name: string; rate_ppm: number | null; amount: number }[];
};

// The places of a hold as its sale would number them.
const places = `
  select (row_number() over (order by l.line_no, place))::integer as item_no, l.zone_no, z.name as zone_name,
         nullif(l.seat_no, 0) as seat_no, s.row_label, s.seat_label,
         p.ticket_kind, ${nameOf('ticketKinds', 'p.ticket_kind')} as ticket_kind_name,
         p.price_stage, ${nameOf('stages', 'p.price_stage')} as price_stage_name,
         ((l.net + l.taxes + l.fees - l.discounts) * place / l.quantity
          - (l.net + l.taxes + l.fees - l.discounts) * (place - 1) / l.quantity)::bigint as total
    from holds h
   cross join unnest(h.line_zone, h.line_seat, h.line_quantity, h.line_net, h.line_taxes, h.line_fees, h.line_discounts)
           with ordinality l (zone_no, seat_no, quantity, net, taxes, fees, discounts, line_no)
   cross join generate_series(1, l.quantity) place
   cross join lateral (select h.terms->'kinds'->>(l.line_no::integer - 1) as ticket_kind,
                              h.terms->'stages'->>(l.line_no::integer - 1) as price_stage) p
    join zones z on z.tenant_id = h.tenant_id and z.event_id = h.event_id and z.zone_no = l.zone_no
    left join seats s on s.tenant_id = h.tenant_id and s.event_id = h.event_id and s.seat_no = l.seat_no
   where h.tenant_id = $1 and h.hold_id = $2 order by item_no`;

const head = `
  select e.name as event_name, e.starts_at, v.name as venue_name, v.address, v.timezone, s.name as seller_name,
         s.legal_name, s.tax_id,
         array(select jsonb_build_object('name', r.name, 'rate_ppm', r.rate_ppm, 'amount', u.amount)
                 from holds h cross join unnest(h.tax_rule_ids, h.tax_amounts) with ordinality u (rule_id, amount, place)
                 join tax_rules r on r.tenant_id = h.tenant_id and r.tax_rule_id = u.rule_id
                where h.tenant_id = $1 and h.hold_id = $3 order by u.place) as tax_names
    from events e
    join venues v on v.tenant_id = e.tenant_id and v.venue_id = e.venue_id
    join sellers s on s.tenant_id = e.tenant_id
   where e.tenant_id = $1 and e.event_id = $2`;

type PlaceRow = {
  item_no: number;
  zone_no: number;
  zone_name: string;
  seat_no: number | null;
  row_label: string | null;
  seat_label: string | null;
  ticket_kind: string | null;
  ticket_kind_name: string | null;
  price_stage: string | null;
  price_stage_name: string | null;
  total: number;
};

function itemOf(row: PlaceRow): SaleItem {
  const { seat_no: seatNo } = row;
  return {
    itemNo: row.item_no,
    zoneNo: row.zone_no,
    zoneName: row.zone_name,
    seat: seatNo === null ? null : { seatNo, row: row.row_label ?? '', number: row.seat_label ?? '' },
    ...soldAs(row),
    total: row.total,
    isReturned: false,
    ticket: null,
  };
}

/** An order whose money comes later, as the sale that it is to be: without a number and without tickets. */
export async function readIntentSale(
  reader: Reader,
  key: SaleKey,
): Promise<{ sale: Sale; intent: Intent } | null> {
  const intent = await readIntent(reader, key);
  if (!intent) return null;
  const [[row], placeRows] = await Promise.all([
    reader.query<HeadRow>({
      name: 'read-intent-head',
      text: head,
      values: [key.tenantId, intent.eventId, intent.holdId],
    }),
    reader.query<PlaceRow>({
      name: 'read-intent-places',
      text: places,
      values: [key.tenantId, intent.holdId],
    }),
  ]);
  if (!row) return null;
  const isOnline = intent.tenders.some((tender) => tender.provider !== null);
  const sale: Sale = {
    ...key,
    status: statusOf(intent.state),
    createdAt: intent.createdAt,
    completedAt: null,
    progressEvents: 0,
    locale: intent.customer.locale,
    currency: intent.currency,
    total: intent.amount,
    customer: intent.customer,
    fiscalNumber: null,
    event: { eventId: intent.eventId, name: row.event_name, startsAt: row.starts_at },
    venue: { name: row.venue_name, address: row.address, timezone: row.timezone },
    seller: { name: row.seller_name, legalName: row.legal_name, taxId: row.tax_id },
    items: placeRows.map(itemOf),
    taxes: row.tax_names.map(({ name, rate_ppm, amount }) => ({ name, ratePpm: rate_ppm, amount })),
    steps: [],
    heldBy: null,
    paying: {
      state: intent.state,
      detail: payingDetail(intent),
      message: payingWords({ ...intent, isOnline }, intent.customer.locale),
      at: intent.updatedAt,
      expiresAt: intent.expiresAt,
      methods: intent.tenders.map((tender) => tender.method),
      isOnline,
    },
  };
  return { sale, intent };
}

/** Sales of one seller, and orders that are to be sales once their money is there. */
export async function readOrders(
  reader: Reader,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<Sale[]> {
  const sales = await readSales(reader, tenantId, transactionIds);
  const known = new Set(sales.map((sale) => sale.transactionId));
  for (const transactionId of new Set(transactionIds)) {
    const found = known.has(transactionId) ? null : await readIntentSale(reader, { tenantId, transactionId });
    if (found) sales.push(found.sale);
  }
  return sales;
}
