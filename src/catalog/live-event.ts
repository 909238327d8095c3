import { createSeatPicker, type SeatPicker } from '../holds/best-available.ts';
import { findEqualSeats } from '../holds/equal-seats.ts';
import { FREE, HELD, type Availability, type AvailabilityChange } from './availability.ts';
import type { CatalogEvent } from './event.ts';

/** An event in memory with what this process believes of its places. It only ever proposes. */
export class LiveEvent {
  readonly event: CatalogEvent;
  readonly #picker: SeatPicker;
  readonly #availability: Availability;
  /** The seats with open proposals taken out: what the next proposal is made from. */
  readonly #proposable: Uint8Array;
  readonly #freeInZone: Int32Array;
  #version = 0;

  constructor(event: CatalogEvent, availability: Availability) {
    this.event = event;
    this.#picker = createSeatPicker(event);
    this.#availability = availability;
    this.#proposable = availability.seats.slice();
    this.#freeInZone = this.#countFree();
  }

  get availability(): Readonly<Availability> {
    return this.#availability;
  }

  /** Grows with every change of what this object believes. */
  get version(): number {
    return this.#version;
  }

  /** Places on sale in a zone. */
  available(zoneNo: number): number {
    return this.#availability.zonesLeft.get(zoneNo) ?? this.#freeInZone[zoneNo] ?? 0;
  }

  isFree(seatNo: number): boolean {
    return this.#availability.seats[seatNo - 1] === FREE;
  }

  /** Takes a change over. */
  apply(change: AvailabilityChange): void {
    for (const { seatNo, state } of change.seats) this.#set(seatNo, state);
    for (const { zoneNo, left } of change.zones) {
      if (this.#availability.zonesLeft.get(zoneNo) === left) continue;
      this.#availability.zonesLeft.set(zoneNo, left);
      this.#version += 1;
    }
  }

  /**
   * The best free seats, taken out of the next proposals until `apply` or `withdraw` tells what became of
   * them; null when there are not enough.
   * @param apart seats that are not to be proposed.
   */
  propose(
    quantity: number,
    zoneNo: number | undefined,
    apart: readonly number[] = [],
  ): { seatNos: number[]; split: boolean } | null {
    const pick = this.#picker.pick(this.#without(apart), quantity, zoneNo);
    for (const seatNo of pick?.seatNos ?? []) this.#proposable[seatNo - 1] = HELD;
    return pick;
  }

  /**
   * Free seats that are as good as others (`findEqualSeats`), taken out of the next proposals as by `propose`.
   * @param apart seats that are not to be proposed.
   */
  proposeEqual(seatNos: readonly number[], apart: readonly number[]): Map<number, number> | null {
    const equals = findEqualSeats(this.event, this.#picker, this.#without(apart), seatNos);
    for (const seatNo of equals?.values() ?? []) this.#proposable[seatNo - 1] = HELD;
    return equals;
  }

  /** Takes a proposal back: its seats are again what this process believes of them. */
  withdraw(seatNos: number[]): void {
    for (const seatNo of seatNos) this.#proposable[seatNo - 1] = this.#availability.seats[seatNo - 1]!;
  }

  /** How many of a counter are gone, as far as this process knows. */
  used(counter: string): number {
    return this.#availability.used?.get(counter) ?? 0;
  }

  /** Takes over what the database says of counters. */
  noteUsed(counters: Iterable<[counter: string, used: number]>): void {
    this.#availability.used ??= new Map();
    for (const [counter, used] of counters) this.#availability.used.set(counter, used);
  }

  /** Replaces everything by a newer reading of the database. */
  replace(availability: Availability): void {
    const old = this.#availability.seats;
    const seats = [...availability.seats.keys()]
      .filter((i) => availability.seats[i] !== old[i])
      .map((i) => ({ seatNo: i + 1, state: availability.seats[i]! }));
    this.noteUsed(availability.used ?? []);
    this.apply({ seats, zones: [...availability.zonesLeft].map(([zoneNo, left]) => ({ zoneNo, left })) });
  }

  #without(apart: readonly number[]): Uint8Array {
    if (apart.length === 0) return this.#proposable;
    const seats = this.#proposable.slice();
    for (const seatNo of apart) seats[seatNo - 1] = HELD;
    return seats;
  }

  #set(seatNo: number, state: number): void {
    const seats = this.#availability.seats;
    const before = seats[seatNo - 1];
    if (before === undefined) return;
    this.#proposable[seatNo - 1] = state;
    if (before === state) return;
    const zoneNo = this.event.seats.zoneNo[seatNo - 1]!;
    if (before === FREE) this.#freeInZone[zoneNo]!--;
    if (state === FREE) this.#freeInZone[zoneNo]!++;
    seats[seatNo - 1] = state;
    this.#version += 1;
  }

  #countFree(): Int32Array {
    const counts = new Int32Array(this.event.zones.length + 1);
    const { seats } = this.#availability;
    for (let i = 0; i < seats.length; i++) if (seats[i] === FREE) counts[this.event.seats.zoneNo[i]!]!++;
    return counts;
  }
}
