import { Problem } from '../base/errors.ts';
import { formatSeatId, formatZoneId, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Tx } from '../db/transaction.ts';
import { isUntouched, lockPresentPlan, noteSeatPlan, saveFittedPlan } from './event-plan.store.ts';
import { tellCatalogChanged } from './event.store.ts';
import { fitPlan, type Misfit, type PresentPlan } from './fit-plan.ts';
import { drawnAreas, readPlanDocument } from './plan-document.ts';
import { PlanError } from './plan.ts';
import { clearPlan, lockEvent, updateCanvas } from './plan.store.ts';
import { lockSeatPlan, readGivenPlan, readSeatPlan } from './seat-plan.store.ts';

const sentences: Record<Misfit['reason'], string> = {
  gone: 'is held or sold, and the plan leaves it out',
  moved: 'is in another zone of the plan',
  renamed: 'has another row or number in the plan',
  too_few: 'has fewer places in the plan than are held or sold',
  kind: 'is a zone of another kind in the plan',
};

function refuseMisfits(key: EventKey, misfits: Misfit[]): never {
  const places = misfits.slice(0, limits.placesNamedMax).map(({ seatNo, zoneNo, reason, place }) => ({
    ...(seatNo !== null && { seat_id: formatSeatId(key, seatNo) }),
    zone_id: formatZoneId(key, zoneNo),
    place,
    reason,
    message: `${place} ${sentences[reason]}.`,
  }));
  const first = places.slice(0, 3).map(({ message }) => message);
  const detail = `${misfits.length} places of the event stand in the way: ${first.join(' ')}`;
  throw new Problem('seats_in_use', detail, { members: { places, count: misfits.length } });
}

/** The refusal of a plan that cannot be used; `errors` names each zone, row and seat. */
export function planProblem(error: PlanError): Problem {
  return new Problem('seat_plan_invalid', `The plan has ${error.count} faults; "errors" names the first.`, {
    errors: error.problems.map(({ at, message }) => ({
      path: '/document',
      code: 'seat_plan_invalid',
      message: `${at}: ${message}`,
    })),
  });
}

/** Runs what reads a plan. @throws Problem `seat_plan_invalid` for a plan that cannot be used. */
export function refuseFaults<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PlanError) throw planProblem(error);
    throw error;
  }
}

/** How many places of each general zone the event has less than the version of a plan that it was given. */
async function readKeptOff(
  tx: Tx,
  key: EventKey,
  present: Pick<PresentPlan, 'zones'>,
): Promise<Map<string, number>> {
  const given = await readGivenPlan(tx, key);
  return new Map(
    (given?.zones ?? []).flatMap((zone): [string, number][] => {
      const now = present.zones.find(({ name }) => name === zone.name);
      return zone.kind === 'general' && now ? [[zone.name, Math.max(0, zone.capacity - now.capacity)]] : [];
    }),
  );
}

/**
 * Gives an event a version of a plan, the newest unless one is named. What is held, sold or on documents keeps its number, zone, row and
 * seat; places that the plan leaves out are sold no more.
 * @throws Problem `event_not_found`, `seat_plan_not_found`, `seat_plan_invalid`, `seats_in_use` with the places.
 */
export async function giveSeatPlan(
  tx: Tx,
  key: EventKey,
  { seatPlanId, version = null }: { seatPlanId: number; version?: number | null },
): Promise<{ seats: number; retired: number }> {
  const event = await lockEvent(tx, key);
  if (!event) throw new Problem('event_not_found', 'This seller has no such event.');
  // Locked, so that the version does not go while the event takes it.
  const newest = await lockSeatPlan(tx, key.tenantId, seatPlanId);
  const chosen =
    version === null || !newest ? newest : await readSeatPlan(tx, key.tenantId, seatPlanId, version);
  if (!chosen) throw new Problem('seat_plan_not_found', 'This seller has no such seat plan.');
  const plan = refuseFaults(() => readPlanDocument(chosen.document, chosen.name));
  if (event.hasPlan && (await isUntouched(tx, key))) {
    if (!(await clearPlan(tx, key)))
      throw new Problem('seats_in_use', 'A place has just been held: try again.');
  }
  const present = await lockPresentPlan(tx, key);
  const { fitted, misfits } = fitPlan({ ...present, keptOff: await readKeptOff(tx, key, present) }, plan);
  if (misfits.length > 0) refuseMisfits(key, misfits);
  await saveFittedPlan(tx, key, fitted);
  const areas = drawnAreas(plan).map((area) =>
    area.zoneNo === undefined ? area : { ...area, zoneNo: fitted.zoneNos[area.zoneNo - 1]! },
  );
  await updateCanvas(tx, key, { ...plan.size, areas });
  await noteSeatPlan(tx, key, { seatPlanId, version: chosen.version });
  await tellCatalogChanged(tx, key);
  return { seats: fitted.seats.length, retired: fitted.retired.length };
}
