import type { EventKey } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { PlanDocument } from './plan-document.ts';
import { lockSeller } from './seller.store.ts';

/** A plan of a venue, by its newest version unless another was asked for. */
export type SeatPlan = {
  seatPlanId: number;
  venueId: number;
  name: string;
  version: number;
  /** The newest there is. */
  newest: number;
  seats: number;
  generalPlaces: number;
  changedAt: Date;
  document: PlanDocument;
};

export type ListedSeatPlan = Omit<SeatPlan, 'document' | 'newest'> & { venueName: string; events: number };

type Content = { document: PlanDocument; seats: number; generalPlaces: number };

/** A page of a seller's plans, the newest id first. */
export async function listSeatPlans(
  reader: Reader,
  tenantId: number,
  page: { startingAfter: number | null; limit: number },
): Promise<{ plans: ListedSeatPlan[]; hasMore: boolean }> {
  const rows = await reader.query<ListedSeatPlan & Row>({
    text: `
      select p.seat_plan_id as "seatPlanId", p.venue_id as "venueId", v.name as "venueName", p.name, p.version,
             n.seats, n.general_places as "generalPlaces", p.changed_at as "changedAt",
             (select count(*)::integer from events e
               where e.tenant_id = $1 and e.seat_plan_id = p.seat_plan_id) as events
        from seat_plans p
        join venues v on v.tenant_id = $1 and v.venue_id = p.venue_id
        join seat_plan_versions n on n.tenant_id = $1 and n.seat_plan_id = p.seat_plan_id and n.version = p.version
       where p.tenant_id = $1 and ($2::integer is null or p.seat_plan_id < $2)
       order by p.seat_plan_id desc limit $3`,
    values: [tenantId, page.startingAfter, page.limit + 1],
  });
  return { plans: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

const readText = `
  select p.seat_plan_id as "seatPlanId", p.venue_id as "venueId", p.name, n.version, p.version as newest, n.seats,
         n.general_places as "generalPlaces", p.changed_at as "changedAt", n.document
    from seat_plans p
    join seat_plan_versions n on n.tenant_id = p.tenant_id and n.seat_plan_id = p.seat_plan_id
                             and n.version = coalesce($3, p.version)
   where p.tenant_id = $1 and p.seat_plan_id = $2`;

/** A plan of a seller, or null. @param version null for the newest. */
export async function readSeatPlan(
  reader: Reader,
  tenantId: number,
  seatPlanId: number,
  version: number | null = null,
): Promise<SeatPlan | null> {
  const [row] = await reader.query<SeatPlan & Row>({
    text: readText,
    values: [tenantId, seatPlanId, version],
  });
  return row ?? null;
}

/** What an event was given, or null for one that has no plan of these. */
export async function readGivenPlan(reader: Reader, key: EventKey): Promise<PlanDocument | null> {
  const [row] = await reader.query<Row & { document: PlanDocument }>({
    text: `select n.document from events e
             join seat_plan_versions n on n.tenant_id = e.tenant_id and n.seat_plan_id = e.seat_plan_id
                                      and n.version = e.seat_plan_version
            where e.tenant_id = $1 and e.event_id = $2`,
    values: [key.tenantId, key.eventId],
  });
  return row?.document ?? null;
}

/** The newest version of a plan, locked against other changes; null when there is no such plan. */
export async function lockSeatPlan(tx: Tx, tenantId: number, seatPlanId: number): Promise<SeatPlan | null> {
  await tx.query({
    text: 'select from seat_plans where tenant_id = $1 and seat_plan_id = $2 for update',
    values: [tenantId, seatPlanId],
  });
  return await readSeatPlan(tx, tenantId, seatPlanId);
}

async function insertVersion(
  tx: Tx,
  tenantId: number,
  seatPlanId: number,
  version: number,
  content: Content,
  at: Date,
): Promise<void> {
  await tx.query({
    text: `insert into seat_plan_versions
             (tenant_id, seat_plan_id, version, document, seats, general_places, created_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      tenantId,
      seatPlanId,
      version,
      JSON.stringify(content.document),
      content.seats,
      content.generalPlaces,
      at,
    ],
  });
}

/**
 * Creates a plan with its first version, under the seller's next number. The seller and the venue must exist.
 * @returns its number; null when the seller has `max` already.
 */
export async function createSeatPlan(
  tx: Tx,
  tenantId: number,
  plan: Content & { venueId: number; name: string },
  at: Date,
  max: number,
): Promise<number | null> {
  await lockSeller(tx, tenantId);
  const [row] = await tx.query<Row & { seat_plan_id: number }>({
    text: `insert into seat_plans (tenant_id, seat_plan_id, venue_id, name, created_at, changed_at)
           select $1, coalesce(max(seat_plan_id), 0) + 1, $2, $3, $4, $4 from seat_plans where tenant_id = $1
           having count(*) < $5
           returning seat_plan_id`,
    values: [tenantId, plan.venueId, plan.name, at, max],
  });
  if (!row) return null;
  await insertVersion(tx, tenantId, row.seat_plan_id, 1, plan, at);
  return row.seat_plan_id;
}

/** Saves the next version of a locked plan; the one before goes unless an event has it. */
export async function saveSeatPlan(
  tx: Tx,
  tenantId: number,
  plan: Content & { seatPlanId: number; venueId: number; name: string; version: number },
  at: Date,
): Promise<void> {
  const { seatPlanId, version } = plan;
  await insertVersion(tx, tenantId, seatPlanId, version, plan, at);
  await tx.query({
    text: `update seat_plans set venue_id = $3, name = $4, version = $5, changed_at = $6
            where tenant_id = $1 and seat_plan_id = $2`,
    values: [tenantId, seatPlanId, plan.venueId, plan.name, version, at],
  });
  // An event that takes the version meanwhile has it locked.
  await tx.query({
    text: `delete from seat_plan_versions v
            where v.tenant_id = $1 and v.seat_plan_id = $2 and v.version = $3 - 1
              and not exists (select from events e where e.tenant_id = $1 and e.seat_plan_id = $2
                                 and e.seat_plan_version = v.version)`,
    values: [tenantId, seatPlanId, version],
  });
}
