import type { MapPlan } from '../../../../shared/src/map/map-plan.ts';
import { SeatIndex } from '../../../../shared/src/map/seat-index.ts';
import { seatState } from '../../../../shared/src/map/seat-painter.ts';

/** A plan as the API answers it by columns. */
export type SeatColumns = MapPlan & {
  seats: MapPlan['seats'] & { id: readonly string[]; x: readonly number[]; y: readonly number[] };
};

/** What is taken, or what has changed of it. */
export type Availability = { seats: Record<string, keyof typeof seatState> };

/** The colours of the states, in the order of `seatState`: the map has them as its categories. */
export const stateColors = ['#9db1bd', '#d98e04', '#1f7a4d', '#7a7068'] as const;

/** The seats of an event with their states of this moment, to be drawn as the hall fills. */
export class LiveHall {
  readonly plan: MapPlan;
  readonly index: SeatIndex;
  readonly states: Uint8Array;
  readonly byState = true;
  /** Grows with every change. */
  version = $state(0);
  readonly #seatById: Map<string, number>;

  constructor(plan: SeatColumns) {
    this.plan = { ...plan, categories: stateColors.map((color) => ({ color })) };
    this.index = new SeatIndex(plan.seats.x, plan.seats.y);
    this.states = new Uint8Array(plan.seats.id.length);
    this.#seatById = new Map(plan.seats.id.map((id, seat) => [id, seat]));
  }

  /** Takes over all that is taken; what is not named is free. */
  reset(availability: Availability): void {
    this.states.fill(seatState.free);
    this.change(availability);
  }

  change({ seats }: Availability): void {
    for (const [id, state] of Object.entries(seats)) {
      const seat = this.#seatById.get(id);
      if (seat !== undefined) this.states[seat] = seatState[state];
    }
    this.version += 1;
  }

  /** How many seats are in each state, in the order of `seatState`. */
  counts(): number[] {
    const counts = [0, 0, 0, 0];
    for (const state of this.states) counts[state]! += 1;
    return counts;
  }
}
