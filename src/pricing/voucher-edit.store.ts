import type { EventKey } from '../base/ids.ts';
import { catalogChannel } from '../catalog/event.store.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import { countPriceChange } from './price-list.store.ts';
import { voucherColumns, type VoucherRow } from './voucher.store.ts';

/** What is written into a voucher's row. Instants in milliseconds since 1970, infinite where open. */
export type NewVoucher = {
  code: string;
  eventId: number | null;
  effect: VoucherRow['effect'];
  value: number;
  currency: string;
  zoneNos: number[] | null;
  usesMax: number | null;
  customerUsesMax: number | null;
  validFrom: number;
  validUntil: number;
  seatNos: number[];
  places: { zoneNo: number; places: number }[];
};

function instant(milliseconds: number): string {
  if (Number.isFinite(milliseconds)) return new Date(milliseconds).toISOString();
  return milliseconds < 0 ? '-infinity' : 'infinity';
}

/** Vouchers of a seller, the newest first. @param page `startingAfter`: the id that the page before ended with. */
export function listVouchers(
  reader: Reader,
  tenantId: number,
  page: { limit: number; startingAfter: number | null; eventId: number | null },
): Promise<VoucherRow[]> {
  return reader.query<VoucherRow>({
    name: 'list_vouchers',
    text: `select ${voucherColumns} from vouchers v
            where v.tenant_id = $1 and ($2::integer is null or v.voucher_id < $2)
              and ($3::integer is null or v.event_id = $3)
            order by v.voucher_id desc limit $4`,
    values: [tenantId, page.startingAfter, page.eventId, page.limit + 1],
  });
}

/** A voucher, locked until `tx` ends; null when there is none such. */
export async function lockVoucher(tx: Tx, tenantId: number, voucherId: number): Promise<VoucherRow | null> {
  const [row] = await tx.query<VoucherRow>({
    text: `select ${voucherColumns} from vouchers v where v.tenant_id = $1 and v.voucher_id = $2 for update of v`,
    values: [tenantId, voucherId],
  });
  return row ?? null;
}

/**
 * Adds a voucher with the seller's next id; the seller's row must be locked.
 * @returns null when another has its code.
 */
export async function addVoucher(
  tx: Tx,
  tenantId: number,
  voucher: NewVoucher,
  at: Date,
): Promise<number | null> {
  const [row] = await tx.query<Row & { voucher_id: number }>({
    text: `
      insert into vouchers (tenant_id, voucher_id, code, event_id, effect, value, currency, zone_nos, uses_max,
                            customer_uses_max, valid_from, valid_until, reserved_seats, reserved_zones, reserved_places,
                            created_at)
      select $1, coalesce(max(voucher_id), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
        from vouchers where tenant_id = $1
      on conflict (tenant_id, code) do nothing
      returning voucher_id`,
    values: [
      tenantId,
      voucher.code,
      voucher.eventId,
      voucher.effect,
      voucher.value,
      voucher.currency,
      voucher.zoneNos,
      voucher.usesMax,
      voucher.customerUsesMax,
      instant(voucher.validFrom),
      instant(voucher.validUntil),
      voucher.seatNos,
      voucher.places.map((one) => one.zoneNo),
      voucher.places.map((one) => one.places),
      at,
    ],
  });
  return row?.voucher_id ?? null;
}

/** Writes how often and how long a voucher may be used. */
export async function changeVoucher(
  tx: Tx,
  tenantId: number,
  voucherId: number,
  change: Pick<NewVoucher, 'usesMax' | 'customerUsesMax' | 'validFrom' | 'validUntil'>,
): Promise<void> {
  await tx.query({
    text: `update vouchers set uses_max = $3, customer_uses_max = $4, valid_from = $5, valid_until = $6
            where tenant_id = $1 and voucher_id = $2`,
    values: [
      tenantId,
      voucherId,
      change.usesMax,
      change.customerUsesMax,
      instant(change.validFrom),
      instant(change.validUntil),
    ],
  });
}

/**
 * Locks the places that a voucher is to keep for its holders, seats before zones.
 * @returns whether all of them are free, and nobody else's voucher keeps them.
 */
export async function lockReserved(
  tx: Tx,
  key: EventKey,
  { seatNos, places }: Pick<NewVoucher, 'seatNos' | 'places'>,
): Promise<boolean> {
  const ids = [key.tenantId, key.eventId];
  const seats = await tx.query({
    text: `select from seat_states where tenant_id = $1 and event_id = $2 and seat_no = any ($3) and state = 'free'
            order by seat_no for update`,
    values: [...ids, seatNos],
  });
  if (seats.length < new Set(seatNos).size) return false;
  const zones = await tx.query<Row & { zone_no: number; places: number }>({
    text: `select zone_no, capacity - held - sold as places from zone_counters
            where tenant_id = $1 and event_id = $2 and zone_no = any ($3) order by zone_no for update`,
    values: [...ids, places.map((one) => one.zoneNo)],
  });
  const kept = await tx.query<Row & { seat_nos: number[]; zone_nos: number[]; places: number[] }>({
    text: `select reserved_seats as seat_nos, reserved_zones as zone_nos, reserved_places as places
             from vouchers where tenant_id = $1 and event_id = $2 and valid_until > now()`,
    values: ids,
  });
  if (kept.some((voucher) => voucher.seat_nos.some((no) => seatNos.includes(no)))) return false;
  return places.every(({ zoneNo, places: wanted }) => {
    const free = zones.find((zone) => zone.zone_no === zoneNo)?.places ?? 0;
    const others = kept.reduce(
      (sum, { zone_nos, places: of }) => sum + (of[zone_nos.indexOf(zoneNo)] ?? 0),
      0,
    );
    return wanted + others <= free;
  });
}

/** Whether events in memory know of a voucher: of what it keeps, or that its customers are counted. */
export function isKnownToEvents(row: VoucherRow): boolean {
  return row.customer_uses_max !== null || row.reserved_seats.length + row.reserved_zones.length > 0;
}

/**
 * Counts a change of what is kept or limited as one of the event's prices, and has every process read again what it
 * concerns: an event, or all of the seller's.
 */
export async function tellVouchersChanged(tx: Tx, tenantId: number, eventId: number | null): Promise<void> {
  if (eventId !== null) await countPriceChange(tx, { tenantId, eventId });
  await tx.query({
    text: 'select pg_notify($1, $2)',
    values: [catalogChannel, eventId === null ? `${tenantId}` : `${tenantId}-${eventId}`],
  });
}
