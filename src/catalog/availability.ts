/** Seat states as the snapshot stores them; the order is the one of SQL's `seat_state`. */
export const seatStates = ['free', 'held', 'sold', 'blocked'] as const;
export type SeatState = (typeof seatStates)[number];
export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export const BLOCKED = 3;

/** A change of availability: what the seats and general zones have become. */
export type AvailabilityChange = {
  seats: { seatNo: number; state: number }[];
  /** Places left in general zones. */
  zones: { zoneNo: number; left: number }[];
};

/** What a process believes of an event's places. It only ever proposes: the group decides. */
export type Availability = {
  /** Index i is seat i + 1: FREE, HELD, SOLD or BLOCKED. */
  seats: Uint8Array;
  /** Places left in each general zone, by zoneNo. */
  zonesLeft: Map<number, number>;
  /** How many of each counter of a price stage are gone; absent: none. */
  used?: Map<string, number>;
};
