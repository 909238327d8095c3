import { formatEventId, formatHoldToken, formatSeatId, uuidv7, type EventKey } from '../../src/base/ids.ts';
import { loadEvent } from '../../src/catalog/event.store.ts';
import type { Pool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { placeHolds, type PlaceOrder } from '../../src/holds/place-holds.store.ts';
import { noWishes, takesOf, type Wishes } from '../../src/pricing/cart-rules.ts';
import { quoteCart } from '../../src/pricing/quote-cart.ts';
import type { Hall } from './hall.ts';
import type { Progress } from './progress.ts';

const groupOrders = 512;
// Longer than any scenario, so that no hold expires because the machine was slow.
const holdSeconds = 6 * 3600;

/** Numbers below one half of 2^32 that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sorts into an order that is the same in every run. */
export function shuffle<T>(items: T[], seed = 1): T[] {
  const random = seededRandom(seed);
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

/** Neighbouring seats two by two, in a random order: people buy all over the house. */
export function seatPairs(hall: Hall): [number, number][] {
  return shuffle(Array.from({ length: hall.seats >> 1 }, (_, i): [number, number] => [2 * i + 1, 2 * i + 2]));
}

/** The body of a hold of named seats. */
export function seatsBody(hall: EventKey, seatNos: readonly number[]): string {
  const seats = seatNos.map((seatNo) => formatSeatId(hall, seatNo));
  return JSON.stringify({ event_id: formatEventId(hall), seats });
}

/** Places holds of two seats each, as the API would, in groups of one call. @returns their ids. */
export async function placePairs(
  pool: Pool,
  hall: Hall,
  pairs: readonly (readonly number[])[],
  progress?: Progress,
  wishes: Wishes = noWishes,
): Promise<string[]> {
  const event = await loadEvent(reader(pool), hall);
  const holdIds: string[] = [];
  for (let from = 0; from < pairs.length; from += groupOrders) {
    const orders = pairs.slice(from, from + groupOrders).map((seatNos): PlaceOrder => {
      const cart = { seatNos: [...seatNos], zones: [] };
      const at = Date.now();
      const quote = quoteCart(event!, cart, at, { ...wishes });
      const takes = [...(quote.takes ?? []), ...takesOf(event!, cart, at, wishes)];
      return { holdId: uuidv7(at), cart, quote: { ...quote, takes } };
    });
    const { outcomes } = await placeHolds(pool, hall, orders, holdSeconds);
    if (outcomes.some((outcome) => outcome !== 'placed'))
      throw new Error('a hold that was prepared was not placed');
    holdIds.push(...orders.map((order) => order.holdId));
    progress?.part(holdIds.length, pairs.length);
  }
  return holdIds;
}

/** Places so many holds of two seats each. @returns their tokens. */
export async function prepareHolds(
  pool: Pool,
  hall: Hall,
  count: number,
  progress?: Progress,
  wishes?: Wishes,
): Promise<string[]> {
  const holdIds = await placePairs(pool, hall, seatPairs(hall).slice(0, count), progress, wishes);
  return holdIds.map((holdId) => formatHoldToken(hall, holdId));
}
