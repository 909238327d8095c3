import { FREE, HELD } from '../catalog/availability.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { distanceToStage, findStage } from '../catalog/stage.ts';
import { seatPrice } from '../pricing/price-cart.ts';
import type { SeatPicker } from './best-available.ts';

/**
 * Free seats that are as good as others: for the seats of each category (and price), as many of the same, together in a
 * row, none farther from the stage than the farthest of them.
 * @param seats availability by seat, as a snapshot has it.
 * @param seatNos the seats to stand in for.
 * @returns for each of them the one in its place, or null when there are none such.
 */
export function findEqualSeats(
  event: CatalogEvent,
  picker: SeatPicker,
  seats: Uint8Array,
  seatNos: readonly number[],
): Map<number, number> | null {
  const { categoryNo, x, y } = event.seats;
  const stage = findStage(event);
  const farthest = (some: readonly number[]) =>
    Math.max(...some.map((no) => distanceToStage(stage, x[no - 1]!, y[no - 1]!)));
  const kindOf = (no: number) => `${categoryNo[no - 1]} ${seatPrice(event, no)}`;
  const equals = new Map<number, number>();
  for (const [kind, wanted] of Map.groupBy(seatNos, kindOf)) {
    const offered = seats.map((state, i) => (state === FREE && kindOf(i + 1) === kind ? FREE : HELD));
    const pick = picker.pick(offered, wanted.length);
    if (!pick || pick.split || farthest(pick.seatNos) > farthest(wanted)) return null;
    for (const [i, no] of wanted.entries()) equals.set(no, pick.seatNos[i]!);
  }
  return equals;
}
