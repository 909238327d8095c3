import { formatEventId, type EventKey } from '../base/ids.ts';
import type { Tx } from '../db/transaction.ts';
import { tellCatalogChanged } from './event.store.ts';
import { addGeneralZones, checkPrices, parseGeneralZones, parsePrices } from './plan-prices.ts';
import { positionsInRow, usualSpacing } from './plan-rows.ts';
import { checkPlan, countSeats, PlanError, PlanProblems, type Plan } from './plan.ts';
import {
  clearPlan,
  insertCategories,
  insertSeats,
  insertZones,
  lockEvent,
  updateCanvas,
  type NewSeats,
} from './plan.store.ts';

const seatsPerBatch = 10_000;

/** What a plan's places cost and which are not for sale, as a person writes it. */
export type PlanSale = {
  /** `CATEGORY=PRICE`, in major units of the event's currency. */
  prices: string[];
  /** `ZONE=PLACES@PRICE`: general-admission zones beside the plan's seats. */
  general: string[];
  /** Categories whose seats are blocked: they are drawn, and not sold. */
  blocked: string[];
};

export type ImportProgress = (seatsStored: number, seatsInAll: number) => void;

/** What an import stored. */
export type ImportedPlan = { seats: number; zones: number; generalPlaces: number; replaced: boolean };

function emptySeats(): NewSeats {
  return {
    seatNo: [],
    zoneNo: [],
    categoryNo: [],
    guid: [],
    rowLabel: [],
    seatLabel: [],
    rowNo: [],
    position: [],
    x: [],
    y: [],
    blocked: [],
  };
}

/** The seats of a plan in batches, numbered from 1 in the plan's order. */
function* seatBatches(plan: Plan, blocked: Set<string>): Generator<NewSeats> {
  let batch = emptySeats();
  let seatNo = 0;
  let rowNo = 0;
  for (const [zoneIndex, zone] of plan.zones.entries()) {
    if (zone.kind !== 'numbered') continue;
    const spacing = usualSpacing(zone.rows.map((row) => row.seats));
    for (const row of zone.rows) {
      rowNo += 1;
      const positions = positionsInRow(row.seats, spacing);
      for (const [index, seat] of row.seats.entries()) {
        batch.seatNo.push((seatNo += 1));
        batch.zoneNo.push(zoneIndex + 1);
        batch.categoryNo.push(seat.category + 1);
        batch.guid.push(seat.guid);
        batch.rowLabel.push(row.label);
        batch.seatLabel.push(seat.label);
        batch.rowNo.push(rowNo);
        batch.position.push(positions[index]!);
        batch.x.push(seat.x);
        batch.y.push(seat.y);
        batch.blocked.push(blocked.has(plan.categories[seat.category]!.name));
        if (batch.seatNo.length === seatsPerBatch) {
          yield batch;
          batch = emptySeats();
        }
      }
    }
  }
  if (batch.seatNo.length > 0) yield batch;
}

async function storePlan(
  tx: Tx,
  key: EventKey,
  plan: Plan,
  sale: { prices: Map<string, number>; blocked: Set<string> },
  onProgress: ImportProgress,
): Promise<void> {
  await updateCanvas(tx, key, { ...plan.size, areas: plan.areas });
  await insertCategories(
    tx,
    key,
    // What is blocked is not sold, so that its price says nothing.
    plan.categories.map((category) => ({ ...category, price: sale.prices.get(category.name) ?? 0 })),
  );
  await insertZones(
    tx,
    key,
    plan.zones.map((zone) => ({
      name: zone.name,
      kind: zone.kind,
      price: zone.kind === 'general' ? zone.price : null,
      capacity:
        zone.kind === 'general' ? zone.capacity : zone.rows.reduce((sum, row) => sum + row.seats.length, 0),
    })),
  );
  const seats = countSeats(plan);
  let stored = 0;
  for (const batch of seatBatches(plan, sale.blocked)) {
    await insertSeats(tx, key, batch);
    stored += batch.seatNo.length;
    onProgress(stored, seats);
  }
  await tellCatalogChanged(tx, key);
}

/**
 * Gives an event its seating plan and prices, or gives it new ones; all of it or, on any error, nothing.
 * @throws PlanError when the plan or a price is wrong, when there is no such event, and when a place of the
 * event's present plan is held or sold.
 */
export async function importPlan(
  tx: Tx,
  key: EventKey,
  given: Plan,
  sale: PlanSale,
  onProgress: ImportProgress = () => {},
): Promise<ImportedPlan> {
  const event = await lockEvent(tx, key);
  if (!event) throw new PlanError([{ at: `event ${formatEventId(key)}`, message: 'does not exist' }], 1);
  const problems = new PlanProblems();
  const general = parseGeneralZones(sale.general, event.currency, problems);
  const plan = addGeneralZones(given, general);
  const prices = parsePrices(sale.prices, event.currency, problems);
  const blocked = new Set(sale.blocked);
  checkPrices(plan, prices, blocked, problems);
  problems.throwIfAny();
  checkPlan(plan);
  if (event.hasPlan && !(await clearPlan(tx, key))) {
    const message = 'has places that are held or sold, so its plan cannot be replaced';
    throw new PlanError([{ at: `event ${formatEventId(key)} "${event.name}"`, message }], 1);
  }
  await storePlan(tx, key, plan, { prices, blocked }, onProgress);
  return {
    seats: countSeats(plan),
    zones: plan.zones.length,
    generalPlaces: general.reduce((sum, zone) => sum + zone.capacity, 0),
    replaced: event.hasPlan,
  };
}
