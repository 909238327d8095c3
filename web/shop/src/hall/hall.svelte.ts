import type { Availability, SeatPlan, Zone } from '../api/contract.ts';
import { SeatIndex } from '../../../shared/src/map/seat-index.ts';
import { seatState } from '../../../shared/src/map/seat-painter.ts';

export type Row = { name: string; seats: number[] };

/**
 * The seats of one event and their live states. Seats are known by their place in the plan's
 * columns; ids appear only at the edge, where the contract speaks.
 */
export class Hall {
  readonly plan: SeatPlan;
  readonly index: SeatIndex;
  readonly states: Uint8Array;
  /** The categories, by their places, that have seats for sale, taken or not. */
  readonly onSale: ReadonlySet<number>;
  /** Grows with every change, so that what was drawn from `states` is drawn again. */
  version = $state(0);
  placesLeft: Readonly<Record<string, number>> = $state.raw({});
  readonly #seatById = new Map<string, number>();
  readonly #rows = new Map<string, Map<string, Row>>();

  constructor(plan: SeatPlan, zones: readonly Zone[], availability: Availability) {
    this.plan = plan;
    this.index = new SeatIndex(plan.seats.x, plan.seats.y);
    this.states = new Uint8Array(plan.seats.id.length);
    plan.seats.id.forEach((id, seat) => {
      this.#seatById.set(id, seat);
      this.#rowOf(seat).seats.push(seat);
    });
    this.placesLeft = Object.fromEntries(zones.map((zone) => [zone.id, zone.available]));
    this.applySnapshot(availability);
    this.onSale = new Set(plan.seats.category.filter((_, seat) => this.states[seat] !== seatState.blocked));
  }

  seat(id: string): number | undefined {
    return this.#seatById.get(id);
  }

  rows(zoneId: string): Row[] {
    return [...(this.#rows.get(zoneId)?.values() ?? [])];
  }

  isFree(seat: number): boolean {
    return this.states[seat] === seatState.free;
  }

  applySnapshot(availability: Availability): void {
    this.states.fill(seatState.free);
    this.applyChange(availability);
  }

  applyChange({ seats, zones }: Pick<Availability, 'seats' | 'zones'>): void {
    for (const [id, state] of Object.entries(seats)) {
      const seat = this.#seatById.get(id);
      if (seat !== undefined) this.states[seat] = seatState[state];
    }
    this.placesLeft = { ...this.placesLeft, ...zones, ...this.#countFree() };
    this.version += 1;
  }

  #rowOf(seat: number): Row {
    const { seats } = this.plan;
    const zoneId = seats.zone_id[seat]!;
    const name = seats.row[seat]!;
    const rows = this.#rows.get(zoneId) ?? new Map<string, Row>();
    this.#rows.set(zoneId, rows);
    const row = rows.get(name) ?? { name, seats: [] };
    rows.set(name, row);
    return row;
  }

  #countFree(): Record<string, number> {
    const free: Record<string, number> = {};
    for (const [zoneId, rows] of this.#rows) {
      let count = 0;
      for (const { seats } of rows.values()) {
        for (const seat of seats) if (this.isFree(seat)) count += 1;
      }
      free[zoneId] = count;
    }
    return free;
  }
}
