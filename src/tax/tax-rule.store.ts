import { tellSellerChanged } from '../catalog/event.store.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { BuyerMethod } from '../payments/payment.ts';
import type { CustomerKind, Rounding, RoundingScope, TaxBase, TaxRule } from './tax-rule.ts';

/** A row of `tax_rules`; instants in milliseconds since 1970. */
export type TaxRuleRow = Row & {
  tax_rule_id: number;
  event_id: number | null;
  name: string;
  kind: TaxRule['kind'];
  rate_ppm: number | null;
  amount: number | null;
  inclusion: TaxRule['inclusion'];
  base: TaxBase;
  per_order: boolean;
  on_fees: boolean;
  category: string | null;
  zone_no: number | null;
  customer_kinds: CustomerKind[] | null;
  exempt_kinds: CustomerKind[] | null;
  payment_methods: BuyerMethod[] | null;
  currencies: string[] | null;
  from_ms: number;
  until_ms: number;
};

/** What is written into a rule's row. Instants in milliseconds since 1970, infinite where open. */
export type NewTaxRule = {
  eventId: number | null;
  categoryNo: number | null;
  zoneNo: number | null;
  name: string;
  kind: TaxRule['kind'];
  ratePpm: number | null;
  amount: number | null;
  inclusion: TaxRule['inclusion'];
  base: TaxBase;
  perOrder: boolean;
  onFees: boolean;
  customerKinds: CustomerKind[] | null;
  exemptKinds: CustomerKind[] | null;
  paymentMethods: BuyerMethod[] | null;
  currencies: string[] | null;
  validFrom: number;
  validUntil: number;
};

function instant(milliseconds: number): string {
  if (Number.isFinite(milliseconds)) return new Date(milliseconds).toISOString();
  return milliseconds < 0 ? '-infinity' : 'infinity';
}

const rules = `
  select r.tax_rule_id, r.event_id, r.name, r.kind, r.rate_ppm, r.amount, r.inclusion, r.base, r.per_order, r.on_fees,
         c.name as category, r.zone_no, r.customer_kinds, r.exempt_kinds, r.payment_methods, r.currencies,
         (extract(epoch from r.valid_from) * 1000)::float8 as from_ms,
         (extract(epoch from r.valid_until) * 1000)::float8 as until_ms
    from tax_rules r
    left join categories c on c.tenant_id = r.tenant_id and c.event_id = r.event_id and c.category_no = r.category_no
   where r.tenant_id = $1`;

/** Every rule that the seller ever had, in the order of their ids. */
export function listTaxRules(reader: Reader, tenantId: number): Promise<TaxRuleRow[]> {
  return reader.query<TaxRuleRow>({ text: `${rules} order by r.tax_rule_id`, values: [tenantId] });
}

/** One rule; null when the seller has none such. */
export async function findTaxRule(
  reader: Reader,
  tenantId: number,
  taxRuleId: number,
): Promise<TaxRuleRow | null> {
  const [row] = await reader.query<TaxRuleRow>({
    text: `${rules} and r.tax_rule_id = $2`,
    values: [tenantId, taxRuleId],
  });
  return row ?? null;
}

/** How the seller rounds taxes. */
export async function readTaxRounding(reader: Reader, tenantId: number) {
  const [row] = await reader.query<
    Row & { rounding: Rounding; tax_scope: RoundingScope; tax_version: number }
  >({
    text: 'select rounding, tax_scope, tax_version from sellers where tenant_id = $1',
    values: [tenantId],
  });
  return row!;
}

/** Writes how the seller rounds; the change must then be counted. */
export async function saveTaxRounding(
  tx: Tx,
  tenantId: number,
  { rounding, scope }: { rounding: Rounding; scope: RoundingScope },
): Promise<void> {
  await tx.query({
    text: 'update sellers set rounding = $2, tax_scope = $3 where tenant_id = $1',
    values: [tenantId, rounding, scope],
  });
}

/** Counts a change of the seller's taxes, which is also the lock under which they change, and tells every process. */
export async function countTaxChange(tx: Tx, tenantId: number): Promise<void> {
  await tx.query({
    text: 'update sellers set tax_version = tax_version + 1 where tenant_id = $1',
    values: [tenantId],
  });
  await tellSellerChanged(tx, tenantId);
}

/**
 * The rule of the same name, at the same places and for the same buyers and means, that is in force in a part of the same
 * time; null when there is none.
 */
export async function findOverlap(tx: Tx, tenantId: number, rule: NewTaxRule): Promise<TaxRuleRow | null> {
  const [row] = await tx.query<TaxRuleRow>({
    text: `${rules} and r.name = $2 and r.event_id is not distinct from $3 and r.category_no is not distinct from $4
             and r.zone_no is not distinct from $5 and r.on_fees = $11
             and (r.customer_kinds is null or $6::text[] is null or r.customer_kinds && $6::text[])
             and (r.payment_methods is null or $7::text[] is null or r.payment_methods && $7::text[])
             and (r.currencies is null or $8::text[] is null or r.currencies && $8::text[])
             and r.valid_from < $10 and $9 < r.valid_until
           order by r.tax_rule_id limit 1`,
    values: [
      tenantId,
      rule.name,
      rule.eventId,
      rule.categoryNo,
      rule.zoneNo,
      rule.customerKinds,
      rule.paymentMethods,
      rule.currencies,
      instant(rule.validFrom),
      instant(rule.validUntil),
      rule.onFees,
    ],
  });
  return row ?? null;
}

/** Adds a rule with the seller's next id; the change must be counted first. */
export async function insertTaxRule(tx: Tx, tenantId: number, rule: NewTaxRule): Promise<number> {
  const [row] = await tx.query<Row & { tax_rule_id: number }>({
    text: `
      insert into tax_rules (tenant_id, tax_rule_id, event_id, name, kind, rate_ppm, amount, inclusion, base, per_order,
                             category_no, zone_no, customer_kinds, exempt_kinds, payment_methods, currencies,
                             valid_from, valid_until, on_fees)
      select $1, coalesce(max(tax_rule_id), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18
        from tax_rules where tenant_id = $1
      returning tax_rule_id`,
    values: [
      tenantId,
      rule.eventId,
      rule.name,
      rule.kind,
      rule.ratePpm,
      rule.amount,
      rule.inclusion,
      rule.base,
      rule.perOrder,
      rule.categoryNo,
      rule.zoneNo,
      rule.customerKinds,
      rule.exemptKinds,
      rule.paymentMethods,
      rule.currencies,
      instant(rule.validFrom),
      instant(rule.validUntil),
      rule.onFees,
    ],
  });
  return row!.tax_rule_id;
}

/** Ends a rule at an instant in milliseconds since 1970; the change must be counted first. */
export async function endTaxRule(tx: Tx, tenantId: number, taxRuleId: number, at: number): Promise<void> {
  await tx.query({
    text: 'update tax_rules set valid_until = $3 where tenant_id = $1 and tax_rule_id = $2',
    values: [tenantId, taxRuleId, instant(at)],
  });
}
