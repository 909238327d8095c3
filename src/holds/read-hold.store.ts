import type { CatalogEvent } from '../catalog/event.ts';
import type { Reader } from '../db/transaction.ts';
import type { Cart, QuoteLine } from '../pricing/quote.ts';
import type { KeptTerms } from './place-holds.store.ts';
import type { Hold, HoldState } from './hold.ts';

type Row = {
  state: HoldState;
  expires_at: Date;
  extensions: number;
  pricing_version: number;
  tax_version: number;
  quote_valid_until: Date;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
  line_zone: number[];
  line_seat: number[];
  line_quantity: number[];
  line_unit_price: number[];
  line_net: number[];
  line_discounts: number[];
  line_fees: number[];
  line_taxes: number[];
  tax_rules: { name: string; rate_ppm: number | null; inclusion: 'included' | 'added' }[];
  tax_rule_ids: number[];
  tax_amounts: number[];
  terms: KeptTerms | null;
  use_keys: string[];
  use_counts: number[];
};

/** The cart that lines were made from: places of a zone and kind stand together again. */
function cartOf(lines: QuoteLine[]): Cart {
  const seats = lines.filter((line) => line.seatNo !== null);
  const groups = Map.groupBy(
    lines.filter((line) => line.seatNo === null),
    ({ zoneNo, kind }) => `${zoneNo} ${kind ?? ''}`,
  );
  return {
    seatNos: seats.map((line) => line.seatNo!),
    ...(seats.some((line) => line.kind !== undefined) && {
      seatKinds: seats.map((line) => line.kind ?? null),
    }),
    zones: [...groups.values()].map((of) => ({
      zoneNo: of[0]!.zoneNo,
      quantity: of.reduce((sum, line) => sum + line.quantity, 0),
      ...(of[0]!.kind !== undefined && { kind: of[0]!.kind }),
    })),
  };
}

const text = `
  select h.*, array(select jsonb_build_object('name', r.name, 'rate_ppm', r.rate_ppm, 'inclusion', r.inclusion)
                      from unnest(h.tax_rule_ids) with ordinality t (tax_rule_id, place)
                      join tax_rules r on r.tenant_id = h.tenant_id and r.tax_rule_id = t.tax_rule_id
                     order by t.place) as tax_rules
    from holds h where h.tenant_id = $1 and h.event_id = $2 and h.hold_id = $3`;

/** A hold of an event with the quote it was placed under, or null. */
export async function readHold(reader: Reader, event: CatalogEvent, holdId: string): Promise<Hold | null> {
  const rows = await reader.query<Row>({
    name: 'read_hold',
    text,
    values: [event.tenantId, event.eventId, holdId],
  });
  const row = rows[0];
  if (!row) return null;
  const { terms } = row;
  const lines = row.line_zone.map((zoneNo, i): QuoteLine => {
    const kind = terms?.kinds[i] ?? null;
    const stage = terms?.stages[i] ?? null;
    const amounts = {
      net: row.line_net[i]!,
      discounts: row.line_discounts[i]!,
      fees: row.line_fees[i]!,
      taxes: row.line_taxes[i]!,
    };
    return {
      zoneNo,
      seatNo: row.line_seat[i] || null,
      quantity: row.line_quantity[i]!,
      unitPrice: row.line_unit_price[i]!,
      ...(kind !== null && { kind }),
      ...(stage !== null && { stage }),
      ...amounts,
      total: amounts.net + amounts.taxes + amounts.fees - amounts.discounts,
    };
  });
  return {
    holdId,
    state: row.state,
    expiresAt: row.expires_at,
    extensions: row.extensions,
    cart: cartOf(lines),
    uses: row.use_keys.map((counter, i) => ({ counter, count: row.use_counts[i]! })),
    quote: {
      currency: event.currency,
      lines,
      net: row.net,
      discounts: row.discounts,
      fees: row.fees,
      taxes: row.tax_rules.map((rule, i) => ({
        taxRuleId: row.tax_rule_ids[i]!,
        name: rule.name,
        inclusion: rule.inclusion,
        ratePpm: rule.rate_ppm,
        amount: row.tax_amounts[i]!,
      })),
      taxTotal: row.taxes,
      total: row.total,
      pricingVersion: row.pricing_version,
      taxVersion: row.tax_version,
      validUntil: row.quote_valid_until.getTime(),
      ...(terms && { terms }),
    },
  };
}
