import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { ExchangeRate } from './exchange-rate.ts';

/** A rate as it was recorded. */
export type RecordedRate = ExchangeRate & {
  currency: string;
  baseCurrency: string;
  revision: number;
  createdAt: Date;
};

const columns = `currency, base_currency as "baseCurrency", day::text as day, revision, rate_e8 as "rateE8",
  created_at as "createdAt"`;

/** The rates of a day of the seller's, the last that was recorded of each currency. */
export async function readRates(
  reader: Reader,
  tenantId: number,
  baseCurrency: string,
  day: string,
): Promise<Map<string, ExchangeRate>> {
  const rows = await reader.query<RecordedRate & Row>({
    name: 'read-rates',
    text: `select distinct on (currency) ${columns} from exchange_rates
            where tenant_id = $1 and base_currency = $2 and day = $3 order by currency, revision desc`,
    values: [tenantId, baseCurrency, day],
  });
  return new Map(rows.map((rate) => [rate.currency, { rateE8: rate.rateE8, day: rate.day }]));
}

/** The newest rates of a seller. */
export function listRates(reader: Reader, tenantId: number, limit: number): Promise<RecordedRate[]> {
  return reader.query<RecordedRate & Row>({
    name: 'list-rates',
    text: `select ${columns} from exchange_rates where tenant_id = $1
            order by day desc, currency, base_currency, revision desc limit $2`,
    values: [tenantId, limit],
  });
}

/** Records a rate; one that the day has already stays, and no longer holds. */
export async function recordRate(
  tx: Tx,
  tenantId: number,
  rate: Omit<RecordedRate, 'revision'>,
): Promise<RecordedRate> {
  // Two who record at once get revisions one after the other.
  await tx.query({
    name: 'lock-rates',
    text: 'select from sellers where tenant_id = $1 for no key update',
    values: [tenantId],
  });
  const [row] = await tx.query<RecordedRate & Row>({
    name: 'record-rate',
    text: `insert into exchange_rates (tenant_id, currency, base_currency, day, revision, rate_e8, created_at)
           select $1, $2, $3, $4, coalesce(max(revision), 0) + 1, $5, $6 from exchange_rates
            where tenant_id = $1 and currency = $2 and base_currency = $3 and day = $4
           returning ${columns}`,
    values: [tenantId, rate.currency, rate.baseCurrency, rate.day, rate.rateE8, rate.createdAt],
  });
  return row!;
}
