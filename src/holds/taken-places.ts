import { Problem } from '../base/errors.ts';
import { formatSeatId, formatZoneId } from '../base/ids.ts';
import type { LiveEvent } from '../catalog/live-event.ts';
import type { Cart } from '../pricing/quote.ts';

/** In an event without numbered seats, the first zone with room for all: its zones stand in the seller's order. */
export function firstZoneWithRoom(live: LiveEvent, quantity: number): number | undefined {
  if (live.event.seats.count > 0) return undefined;
  return live.event.zones.find(({ zoneNo }) => live.available(zoneNo) >= quantity)?.zoneNo;
}

/** The refusal of so many places that are nowhere left. */
export function notEnough(quantity: number): Problem {
  return new Problem('seat_unavailable', `There are no ${quantity} places left.`);
}

/** @throws Problem `seat_unavailable` for what this process knows to be gone. */
export function refuseTaken(live: LiveEvent, cart: Cart): void {
  const gone = cart.seatNos.filter((seatNo) => !live.isFree(seatNo));
  const short = cart.zones.filter(({ zoneNo, quantity }) => quantity > live.available(zoneNo));
  if (gone.length + short.length === 0) return;
  throw unavailable(
    live,
    gone,
    short.map((zone) => zone.zoneNo),
  );
}

/** Names the places that are gone, each as a field error. */
export function unavailable(live: LiveEvent, seatNos: number[], zoneNos: number[]): Problem {
  const { event } = live;
  const names = seatNos.map(
    (no) => `row ${event.seats.rowLabel[no - 1]} seat ${event.seats.seatLabel[no - 1]}`,
  );
  const zones = zoneNos.map((no) => `${event.zones[no - 1]!.name} (${live.available(no)} left)`);
  return new Problem('seat_unavailable', `No longer available: ${[...names, ...zones].join(', ')}.`, {
    members: {
      seat_ids: seatNos.map((no) => formatSeatId(event, no)),
      zone_ids: zoneNos.map((no) => formatZoneId(event, no)),
    },
    errors: [
      ...seatNos.map((no, i) => ({
        path: '/seats',
        code: 'seat_unavailable',
        message: `${formatSeatId(event, no)}: ${names[i]} is taken.`,
      })),
      ...zoneNos.map((no, i) => ({
        path: '/zones',
        code: 'seat_unavailable',
        message: `${formatZoneId(event, no)}: ${zones[i]}.`,
      })),
    ],
  });
}
