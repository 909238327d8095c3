import type { EventKey } from '../base/ids.ts';
import type { Row, Tx } from '../db/transaction.ts';
import type { PriceList } from './price-list.ts';

/** Locks an event's prices until `tx` ends. */
export async function lockPrices(tx: Tx, key: EventKey): Promise<void> {
  await tx.query({
    text: 'select from events where tenant_id = $1 and event_id = $2 for no key update',
    values: [key.tenantId, key.eventId],
  });
}

/** Counts a change of an event's prices; the event must be locked. @returns the new version. */
export async function countPriceChange(tx: Tx, key: EventKey): Promise<number> {
  const [row] = await tx.query<Row & { pricing_version: number }>({
    text: `update events set pricing_version = pricing_version + 1 where tenant_id = $1 and event_id = $2
           returning pricing_version`,
    values: [key.tenantId, key.eventId],
  });
  return row!.pricing_version;
}

/** Writes base prices and a new version of the price list; the event must be locked. @returns the new version. */
export async function savePriceList(
  tx: Tx,
  key: EventKey,
  draft: {
    categories: { categoryNo: number; price: number }[];
    zones: { zoneNo: number; price: number | null }[];
    list: PriceList;
  },
  at: Date,
): Promise<number> {
  const { categories, zones, list } = draft;
  await tx.query({
    text: `update categories c set price = n.price from unnest($3::smallint[], $4::bigint[]) n (no, price)
            where c.tenant_id = $1 and c.event_id = $2 and c.category_no = n.no`,
    values: [
      key.tenantId,
      key.eventId,
      categories.map((one) => one.categoryNo),
      categories.map((one) => one.price),
    ],
  });
  await tx.query({
    text: `update zones z set price = n.price from unnest($3::smallint[], $4::bigint[]) n (no, price)
            where z.tenant_id = $1 and z.event_id = $2 and z.zone_no = n.no`,
    values: [key.tenantId, key.eventId, zones.map((one) => one.zoneNo), zones.map((one) => one.price)],
  });
  const version = await countPriceChange(tx, key);
  await tx.query({
    text: `insert into price_lists (tenant_id, event_id, pricing_version, list, created_at) values ($1, $2, $3, $4, $5)`,
    values: [key.tenantId, key.eventId, version, JSON.stringify(list), at],
  });
  return version;
}
