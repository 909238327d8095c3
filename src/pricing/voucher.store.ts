import type { Reader, Row } from '../db/transaction.ts';
import type { VoucherOffer } from './cart-rules.ts';
import type { VoucherEffect } from './price-list.ts';

/** A row of `vouchers`; instants in milliseconds since 1970. */
export type VoucherRow = Row & {
  voucher_id: number;
  code: string;
  event_id: number | null;
  effect: VoucherEffect['kind'];
  value: number;
  currency: string;
  zone_nos: number[] | null;
  uses_max: number | null;
  customer_uses_max: number | null;
  from_ms: number;
  until_ms: number;
  reserved_seats: number[];
  reserved_zones: number[];
  reserved_places: number[];
  used: number;
};

/** The columns of a voucher with the uses that are counted. */
export const voucherColumns = `v.voucher_id, v.code, v.event_id, v.effect, v.value, v.currency, v.zone_nos, v.uses_max,
  v.customer_uses_max, (extract(epoch from v.valid_from) * 1000)::float8 as from_ms,
  (extract(epoch from v.valid_until) * 1000)::float8 as until_ms, v.reserved_seats, v.reserved_zones, v.reserved_places,
  coalesce((select c.used from use_counters c
             where c.tenant_id = v.tenant_id and c.counter_key = 'voucher:' || v.voucher_id), 0) as used`;

/** What a voucher does. */
export function effectOf({ effect, value }: Pick<VoucherRow, 'effect' | 'value'>): VoucherEffect {
  switch (effect) {
    case 'percentage':
      return { kind: effect, ppm: value };
    case 'access':
      return { kind: effect };
    default:
      return { kind: effect, amount: value };
  }
}

/** A voucher of a seller by its code, whose case does not matter; null when there is none such. */
export async function findVoucher(
  reader: Reader,
  tenantId: number,
  code: string,
): Promise<VoucherOffer | null> {
  const [row] = await reader.query<VoucherRow>({
    name: 'find_voucher',
    text: `select ${voucherColumns} from vouchers v where v.tenant_id = $1 and v.code = upper($2)`,
    values: [tenantId, code.trim()],
  });
  if (!row) return null;
  return {
    voucherId: row.voucher_id,
    code: row.code,
    effect: effectOf(row),
    zoneNos: row.zone_nos,
    eventId: row.event_id,
    usesMax: row.uses_max,
    customerUsesMax: row.customer_uses_max,
    validFrom: row.from_ms,
    validUntil: row.until_ms,
  };
}
