import { generateKeyPairSync } from 'node:crypto';
import { uuidv7 } from '../../src/base/ids.ts';
import type { Pool } from '../../src/db/pool.ts';

/** What a test sells; every field has a value that any test can live with. */
export type SampleSales = {
  tenantId?: number;
  count?: number;
  /** Places a sale: the first three numbered seats while there are any, the last in the general zone. */
  places?: number;
  email?: string | null;
  phone?: string | null;
  name?: string;
  locale?: 'es' | 'en';
  /** How long ago the sales were made. */
  ageSeconds?: number;
};

/** The keys of the sample sellers, made once a process. */
const keys = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
});

/** Makes a seller with one event (its number 3), a stalls zone (1), a standing zone (2), taxes and a series. */
export async function createSampleSeller(pool: Pool, tenantId = 1): Promise<void> {
  const statements: [string, unknown[]?][] = [
    [
      `insert into sellers (tenant_id, name, legal_name, tax_id, currency)
       values ($1, 'Teatro del Lago', 'Teatro del Lago C.A.', 'J-30123456-7', 'USD')`,
    ],
    [
      'insert into seller_keys (tenant_id, key_id, public_key, private_key) values ($1, 1, $2, $3)',
      [keys.publicKey, keys.privateKey],
    ],
    [
      `insert into venues values ($1, 1, 'Teatro Baralt', 'Av. 5 con calle 95, Maracaibo', 'America/Caracas')`,
    ],
    [
      `insert into events (tenant_id, event_id, venue_id, name, starts_at, currency, status, sales_start_at, sales_end_at)
       values ($1, 3, 1, 'La flauta mágica', '2037-12-12T00:30:00Z', 'USD', 'published', '2026-01-01', '2038-01-01')`,
    ],
    [`insert into categories values ($1, 3, 1, 'Platea', '#c2410c', 2500)`],
    [
      `insert into zones values ($1, 3, 1, 'Platea', 'numbered', null, 10000), ($1, 3, 2, 'De pie', 'general', 1000, 100000)`,
    ],
    [
      `insert into seats select $1, 3, n, 1, 1, 'g' || n, chr(65 + (n / 30) % 26), (n % 30 + 1)::text, n / 30, n % 30, 0, 0
         from generate_series(1, 10000) n`,
    ],
    [
      `insert into tax_rules (tenant_id, tax_rule_id, name, kind, rate_ppm, amount, inclusion)
       values ($1, 1, 'IVA', 'percentage', 160000, null, 'included'), ($1, 2, 'Tasa municipal', 'fixed', null, 50, 'added')`,
    ],
    [`insert into fiscal_series values ($1, 1, 'A-', 8, 1, 1)`],
  ];
  for (const [text, values = []] of statements) await pool.query(text, [tenantId, ...values]);
}

const insertSales = `
with numbers as (
  update fiscal_series set next_number = next_number + cardinality($2::uuid[])
   where tenant_id = $1 and series_id = 1 returning next_number - cardinality($2::uuid[]) as first
), sales as (
  select id, n, first + n - 1 as number from unnest($2::uuid[]) with ordinality u (id, n), numbers
), made as (
  insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, created_at, currency,
                            net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale,
                            customer_name, customer_email, customer_phone)
  select $1, id, 3, id, 'processing', 1, $8, 'USD', 2000 * $3, 0, 100 * $3, 370 * $3, 2470 * $3,
         '{1,2}', array[320 * $3, 50 * $3], $7::locale, $4, $5, $6 from sales
), items as (
  insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no, net, discounts, fees, taxes, total)
  select $1, id, i, 3, case when seat_no is null then 2 else 1 end, seat_no, 2000, 0, 100, 370, 2470
    from sales, generate_series(1, $3) i,
         lateral (select case when i < $3 and i < 4 and number <= 3333 then (number - 1) * 3 + i end) s (seat_no)
), documents as (
  insert into fiscal_documents select $1, 1, number, id, $8, 370 * $3, 2470 * $3, 'USD', '\\x' from sales
)
insert into steps (tenant_id, transaction_id, name, updated_at)
select $1, id, name, $8 from sales, unnest(enum_range(null::step_name)) name
 where name in ('tickets', 'statistics') or (name = 'email' and $5::text is not null)
    or (name = 'sms' and $6::text is not null)`;

/** Makes sales as the confirm function leaves them, and returns their ids in the order of their numbers. */
export async function makeSampleSales(pool: Pool, sample: SampleSales = {}): Promise<string[]> {
  const { tenantId = 1, count = 1, places = 2, email = 'ana@example.com', phone = null } = sample;
  const madeAt = Date.now() - (sample.ageSeconds ?? 0) * 1_000;
  const ids = Array.from({ length: count }, () => uuidv7(madeAt));
  await pool.query(insertSales, [
    tenantId,
    ids,
    places,
    sample.name ?? 'Ana Pérez',
    email,
    phone,
    sample.locale ?? 'es',
    new Date(madeAt),
  ]);
  return ids;
}
