import type { Reader, Row, Tx } from '../db/transaction.ts';
import { lockSeller } from './seller.store.ts';

export type NewVenue = { name: string; address: string | null; timezone: string };
export type Venue = NewVenue & { venueId: number; version: number };

const columns = 'venue_id as "venueId", name, address, timezone, version';

/** A page of a seller's venues, in the order of their numbers. */
export async function listVenues(
  reader: Reader,
  tenantId: number,
  page: { startingAfter: number | null; limit: number },
): Promise<{ venues: Venue[]; hasMore: boolean }> {
  const rows = await reader.query<Venue & Row>({
    text: `select ${columns} from venues where tenant_id = $1 and venue_id > coalesce($2, 0)
            order by venue_id limit $3`,
    values: [tenantId, page.startingAfter, page.limit + 1],
  });
  return { venues: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** A seller's venue, or null. */
export async function readVenue(reader: Reader, tenantId: number, venueId: number): Promise<Venue | null> {
  const [row] = await reader.query<Venue & Row>({
    text: `select ${columns} from venues where tenant_id = $1 and venue_id = $2`,
    values: [tenantId, venueId],
  });
  return row ?? null;
}

/** A seller's venue, locked against other changes, or null. */
export async function lockVenue(tx: Tx, tenantId: number, venueId: number): Promise<Venue | null> {
  const [row] = await tx.query<Venue & Row>({
    text: `select ${columns} from venues where tenant_id = $1 and venue_id = $2 for no key update`,
    values: [tenantId, venueId],
  });
  return row ?? null;
}

/** Creates a venue under the seller's next number; null when the seller has `max` already. The seller must exist. */
export async function createVenue(
  tx: Tx,
  tenantId: number,
  venue: NewVenue,
  max: number,
): Promise<Venue | null> {
  await lockSeller(tx, tenantId);
  const [row] = await tx.query<Venue & Row>({
    text: `
      insert into venues (tenant_id, venue_id, name, address, timezone)
      select $1, coalesce(max(venue_id), 0) + 1, $2, $3, $4 from venues where tenant_id = $1 having count(*) < $5
      returning ${columns}`,
    values: [tenantId, venue.name, venue.address, venue.timezone, max],
  });
  return row ?? null;
}

/** Changes a locked venue. */
export async function saveVenue(tx: Tx, tenantId: number, venueId: number, venue: NewVenue): Promise<Venue> {
  const [row] = await tx.query<Venue & Row>({
    text: `update venues set name = $3, address = $4, timezone = $5, version = version + 1
            where tenant_id = $1 and venue_id = $2 returning ${columns}`,
    values: [tenantId, venueId, venue.name, venue.address, venue.timezone],
  });
  return row!;
}
