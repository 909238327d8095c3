import type { EventKey } from '../../src/base/ids.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { PriceList } from '../../src/pricing/price-list.ts';

/** A price list in which nothing is said. */
export const noList: PriceList = {
  modifiers: [],
  ticketKinds: [],
  stages: [],
  fees: [],
  orderPlacesMax: null,
  customerPlacesMax: null,
  wholeTables: [],
  hiddenZones: [],
};

/** Gives an event prices of its own, as a seller's save does. */
export async function setPrices(
  pool: Pool,
  { tenantId, eventId }: EventKey,
  list: Partial<PriceList>,
): Promise<void> {
  await pool.query(
    `with changed as (update events set pricing_version = pricing_version + 1 where tenant_id = $1 and event_id = $2
                      returning pricing_version)
     insert into price_lists select $1, $2, pricing_version, $3, now() from changed`,
    [tenantId, eventId, JSON.stringify({ ...noList, ...list })],
  );
}
