import type { Reader, Row } from '../db/transaction.ts';
import { itemiseTaxes, type SaleTax, type TaxedPlace } from '../tax/itemise-taxes.ts';
import type { TaxBase, TaxRule } from '../tax/tax-rule.ts';
import type { FiscalDocument } from './fiscal-document.ts';

type PlaceRow = TaxedPlace & Row & { itemNo: number };

type RuleRow = Row & {
  taxRuleId: number;
  eventId: number | null;
  name: string;
  kind: TaxRule['kind'];
  ratePpm: number | null;
  fixed: number | null;
  base: TaxBase;
  perOrder: boolean;
  onFees: boolean;
  categoryNo: number | null;
  zoneNo: number | null;
  inclusion: TaxRule['inclusion'];
  amount: number;
};

const places = `
select i.item_no as "itemNo", i.net, i.discounts, i.fees, i.taxes, i.zone_no as "zoneNo", s.category_no as "categoryNo"
  from transaction_items i
  left join seats s on s.tenant_id = $1 and s.event_id = i.event_id and s.seat_no = i.seat_no
 where i.tenant_id = $1 and i.transaction_id = $2 order by i.item_no`;

const rules = `
select r.tax_rule_id as "taxRuleId", r.event_id as "eventId", r.name, r.kind, r.rate_ppm as "ratePpm", r.amount as fixed,
       r.base, r.per_order as "perOrder", r.on_fees as "onFees", r.category_no as "categoryNo", r.zone_no as "zoneNo",
       r.inclusion, u.amount
  from transactions t
 cross join unnest(t.tax_rule_ids, t.tax_amounts) with ordinality u (tax_rule_id, amount, place)
  join tax_rules r on r.tenant_id = t.tenant_id and r.tax_rule_id = u.tax_rule_id
 where t.tenant_id = $1 and t.transaction_id = $2 order by u.place`;

/** A rule of which it is known that it held for the sale: what is left to ask is for which of its places. */
function taxOf(row: RuleRow): SaleTax {
  const { taxRuleId, eventId, name, inclusion, categoryNo, zoneNo, onFees } = row;
  const condition = {
    ...(categoryNo !== null && { categoryNo }),
    ...(zoneNo !== null && { zoneNo }),
    ...(onFees && { onFees: true as const }),
  };
  const head = { taxRuleId, eventId, name, inclusion, condition, validFrom: -Infinity, validUntil: Infinity };
  const rule: TaxRule =
    row.kind === 'percentage'
      ? { ...head, kind: 'percentage', ratePpm: row.ratePpm!, base: row.base }
      : { ...head, kind: 'fixed', amount: row.fixed!, per: row.perOrder ? 'order' : 'place' };
  return { rule, amount: row.amount };
}

/**
 * The taxes by rule of a credit note, over the places that went back with it. They are made from rows that never change, and all
 * notes of a sale that went back in whole come to the lines of its receipt.
 */
export async function readNoteTaxes(
  reader: Reader,
  { tenantId, transactionId }: { tenantId: number; transactionId: string },
  itemNos: readonly number[],
): Promise<FiscalDocument['taxLines']> {
  const values = [tenantId, transactionId];
  const sold = await reader.query<PlaceRow>({ text: places, values });
  const taxes = (await reader.query<RuleRow>({ text: rules, values })).map(taxOf);
  const shares = itemiseTaxes(sold, taxes);
  return taxes
    .map(({ rule }, i) => ({
      name: rule.name,
      ratePpm: rule.kind === 'percentage' ? rule.ratePpm : null,
      amount: sold.reduce((sum, { itemNo }, p) => (itemNos.includes(itemNo) ? sum + shares[p]![i]! : sum), 0),
    }))
    .filter(({ amount }) => amount > 0);
}
