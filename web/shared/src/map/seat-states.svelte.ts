import type { MapHall } from './map-drawing.ts';
import type { MapPlan } from './map-plan.ts';
import { SeatIndex } from './seat-index.ts';
import { seatState } from './seat-painter.ts';

/** A plan whose seats have names: entry `i` of every list belongs to seat `i`. */
export type NamedPlan = MapPlan & {
  seats: {
    id: readonly string[];
    x: number[];
    y: number[];
    row: readonly string[];
    zone_id: readonly string[];
  };
};

/** What the API tells of seats; a snapshot leaves the free ones out. */
export type SeatChanges = { seats: Record<string, keyof typeof seatState>; zones: Record<string, number> };

/** A plan to draw, with the live states of its seats. */
export class SeatStates implements MapHall {
  readonly plan: NamedPlan;
  readonly index: SeatIndex;
  readonly states: Uint8Array;
  /** Grows with every change, so that what was drawn from `states` is drawn again. */
  version = $state(0);
  readonly #seatById: ReadonlyMap<string, number>;

  constructor(plan: NamedPlan, availability: SeatChanges) {
    this.plan = plan;
    this.index = new SeatIndex(plan.seats.x, plan.seats.y);
    this.states = new Uint8Array(plan.seats.id.length);
    this.#seatById = new Map(plan.seats.id.map((id, seat) => [id, seat]));
    this.apply(true, availability);
  }

  seat(id: string): number | undefined {
    return this.#seatById.get(id);
  }

  isFree(seat: number): boolean {
    return this.states[seat] === seatState.free;
  }

  apply(isSnapshot: boolean, { seats }: SeatChanges): void {
    if (isSnapshot) this.states.fill(seatState.free);
    for (const [id, state] of Object.entries(seats)) {
      const seat = this.#seatById.get(id);
      if (seat !== undefined) this.states[seat] = seatState[state];
    }
    this.version += 1;
  }
}
