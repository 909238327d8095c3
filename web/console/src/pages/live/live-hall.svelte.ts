import { seatState } from '../../../../shared/src/map/seat-painter.ts';
import { SeatStates, type NamedPlan } from '../../../../shared/src/map/seat-states.svelte.ts';

/** The colours of the states, in the order of `seatState`: the map has them as its categories. */
export const stateColors = ['#9db1bd', '#d98e04', '#1f7a4d', '#7a7068'] as const;

/** The seats of an event with their states of this moment, to be drawn as the hall fills. */
export class LiveHall extends SeatStates {
  readonly byState = true;

  constructor(plan: NamedPlan) {
    super({ ...plan, categories: stateColors.map((color) => ({ color })) }, { seats: {}, zones: {} });
  }

  /** How many seats are in each state, in the order of `seatState`. */
  counts(): number[] {
    const counts = Object.values(seatState).map(() => 0);
    for (const state of this.states) counts[state]! += 1;
    return counts;
  }
}
