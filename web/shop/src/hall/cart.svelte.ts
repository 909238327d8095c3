import type { HoldItem, HoldRequest } from '../api/contract.ts';
import { drop, keep, kept } from '../../../shared/src/kept.ts';

export type CartContent = { seats: string[]; places: Record<string, number> };

/** The most places that one cart may hold; the server refuses more. */
export const placesPerCartMax = 50;

const storageKey = (eventId: string): string => `taquilla.cart.${eventId}`;

export function dropCart(eventId: string): void {
  drop(storageKey(eventId));
}

export function contentOf(items: readonly HoldItem[]): CartContent {
  const content: CartContent = { seats: [], places: {} };
  for (const { seat_id, zone_id, quantity } of items) {
    if (seat_id) content.seats.push(seat_id);
    else content.places[zone_id] = (content.places[zone_id] ?? 0) + quantity;
  }
  return content;
}

export function requestOf(eventId: string, { seats, places }: CartContent): HoldRequest {
  const zones = Object.entries(places).map(([zone_id, quantity]) => ({ zone_id, quantity }));
  return {
    event_id: eventId,
    ...(seats.length > 0 ? { seats: [...seats] } : {}),
    ...(zones.length > 0 ? { zones } : {}),
  };
}

export function isSameContent(one: CartContent, other: CartContent): boolean {
  const key = ({ seats, places }: CartContent): string =>
    [...seats, ...Object.entries(places).map(String)].toSorted().join(' ');
  return key(one) === key(other);
}

/** What the buyer picked and has not bought; it outlives a reload of the tab. */
export class Cart {
  seats: readonly string[] = $state.raw([]);
  places: Readonly<Record<string, number>> = $state.raw({});
  readonly #eventId: string;

  constructor(eventId: string) {
    this.#eventId = eventId;
    this.replace(kept<CartContent>(storageKey(eventId)) ?? { seats: [], places: {} });
  }

  get count(): number {
    return Object.values(this.places).reduce((sum, n) => sum + n, this.seats.length);
  }

  get isFull(): boolean {
    return this.count >= placesPerCartMax;
  }

  get content(): CartContent {
    return { seats: [...this.seats], places: { ...this.places } };
  }

  replace(content: CartContent): void {
    this.seats = content.seats;
    this.places = content.places;
    this.#keep();
  }

  add(seat: string): void {
    this.seats = [...this.seats, seat];
    this.#keep();
  }

  remove(...gone: readonly string[]): void {
    this.seats = this.seats.filter((seat) => !gone.includes(seat));
    this.#keep();
  }

  setPlaces(zoneId: string, quantity: number): void {
    const { [zoneId]: _, ...others } = this.places;
    this.places = quantity > 0 ? { ...others, [zoneId]: quantity } : others;
    this.#keep();
  }

  #keep(): void {
    keep(storageKey(this.#eventId), this.content);
  }
}
