import type { Row, Tx } from '../db/transaction.ts';
import type { Rounding, TaxRule } from '../tax/tax-rule.ts';

export type NewSeller = {
  name: string;
  legalName: string;
  taxId: string;
  timezone: string;
  currency: string;
  rounding: Rounding;
  /** The country of telephone numbers that name none (ISO 3166-1 alpha-2); Venezuela unless given. */
  phoneCountry?: string;
};

/**
 * Keeps others from creating sellers until `tx` ends.
 * @returns whether there is any seller.
 */
export async function lockSellers(tx: Tx): Promise<boolean> {
  await tx.query({ text: 'lock table sellers in share row exclusive mode' });
  const [row] = await tx.query<Row & { some: boolean }>({
    text: 'select exists (select from sellers) as "some"',
  });
  return row!.some;
}

/** Creates a seller and gives it the next tenant id. */
export async function createSeller(tx: Tx, seller: NewSeller): Promise<number> {
  // Sellers are created seldom, so the whole table is the lock under which they are numbered.
  await tx.query({ text: 'lock table sellers in share row exclusive mode' });
  const [row] = await tx.query<Row & { tenant_id: number }>({
    text: `
      insert into sellers (tenant_id, name, legal_name, tax_id, timezone, currency, rounding, phone_country)
      select coalesce(max(tenant_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7 from sellers
      returning tenant_id`,
    values: [
      seller.name,
      seller.legalName,
      seller.taxId,
      seller.timezone,
      seller.currency,
      seller.rounding,
      seller.phoneCountry ?? 'VE',
    ],
  });
  return row!.tenant_id;
}

/** Reads and locks what a new event takes over from its seller; null when there is no such seller. */
export async function lockSeller(
  tx: Tx,
  tenantId: number,
): Promise<{ currency: string; timezone: string } | null> {
  const [row] = await tx.query<Row & { currency: string; timezone: string }>({
    text: 'select currency, timezone from sellers where tenant_id = $1 for update',
    values: [tenantId],
  });
  return row ?? null;
}

/** Adds an Ed25519 key pair that signs the seller's tickets: SPKI and PKCS #8, both DER. */
export async function addSellerKey(
  tx: Tx,
  tenantId: number,
  key: { keyId: number; publicKey: Buffer; privateKey: Buffer },
): Promise<void> {
  await tx.query({
    text: 'insert into seller_keys (tenant_id, key_id, public_key, private_key) values ($1, $2, $3, $4)',
    values: [tenantId, key.keyId, key.publicKey, key.privateKey],
  });
}

/**
 * Opens a point where documents are issued, with its two series: of point n, 2n - 1 for sales, whose first gets
 * `firstNumber`, and 2n for credit notes, whose prefix is that of the sales after `NC-`.
 */
export async function addFiscalPoint(
  tx: Tx,
  tenantId: number,
  point: {
    pointNo: number;
    kind: 'online' | 'till';
    name: string;
    deviceNo?: number;
    series: { prefix: string; padding: number; firstNumber: number };
  },
): Promise<void> {
  const { pointNo, series } = point;
  await tx.query({
    text: 'insert into fiscal_points (tenant_id, point_no, kind, name, device_no) values ($1, $2, $3, $4, $5)',
    values: [tenantId, pointNo, point.kind, point.name, point.deviceNo ?? null],
  });
  await tx.query({
    text: `insert into fiscal_series (tenant_id, series_id, kind, point_no, prefix, padding, first_number, next_number)
           values ($1, 2 * $2::smallint - 1, 'sales', $2, $3, $4, $5, $5),
                  ($1, 2 * $2::smallint, 'credit_notes', $2, 'NC-' || $3, $4, 1, 1)`,
    values: [tenantId, pointNo, series.prefix, series.padding, series.firstNumber],
  });
}

/** Adds a tax rule, with the seller's next rule id; the rule's own `taxRuleId` is not looked at. */
export async function addTaxRule(
  tx: Tx,
  tenantId: number,
  rule: { eventId: number | null; name: string; inclusion: TaxRule['inclusion']; ratePpm: number },
): Promise<number> {
  await tx.query({
    text: 'update sellers set tax_version = tax_version + 1 where tenant_id = $1',
    values: [tenantId],
  });
  const [row] = await tx.query<Row & { tax_rule_id: number }>({
    text: `
      insert into tax_rules (tenant_id, tax_rule_id, event_id, name, kind, rate_ppm, inclusion)
      select $1, coalesce(max(tax_rule_id), 0) + 1, $2, $3, 'percentage', $4, $5 from tax_rules where tenant_id = $1
      returning tax_rule_id`,
    values: [tenantId, rule.eventId, rule.name, rule.ratePpm, rule.inclusion],
  });
  return row!.tax_rule_id;
}

/** Finds a venue of a seller by its name, or creates it. The seller must exist. */
export async function ensureVenue(
  tx: Tx,
  tenantId: number,
  venue: { name: string; address: string | null; timezone: string },
): Promise<number> {
  // The seller's row is the lock under which its venues are numbered.
  await lockSeller(tx, tenantId);
  const [known] = await tx.query<Row & { venue_id: number }>({
    text: 'select venue_id from venues where tenant_id = $1 and name = $2 order by venue_id limit 1',
    values: [tenantId, venue.name],
  });
  if (known) return known.venue_id;
  const [row] = await tx.query<Row & { venue_id: number }>({
    text: `
      insert into venues (tenant_id, venue_id, name, address, timezone)
      select $1, coalesce(max(venue_id), 0) + 1, $2, $3, $4 from venues where tenant_id = $1
      returning venue_id`,
    values: [tenantId, venue.name, venue.address, venue.timezone],
  });
  return row!.venue_id;
}
