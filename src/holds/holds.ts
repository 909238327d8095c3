import { Problem } from '../base/errors.ts';
import { again, GroupLanes } from '../base/group-lane.ts';
import { timingSince, type GroupTiming, type Timing } from '../base/group-timing.ts';
import { formatEventId, parseHoldToken, type Clock, type EventKey, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { HELD } from '../catalog/availability.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { LiveEvent } from '../catalog/live-event.ts';
import { laneLimits } from '../db/lane-limits.ts';
import type { LockWaits } from '../db/lock-waits.ts';
import type { Pool } from '../db/pool.ts';
import { reader } from '../db/transaction.ts';
import {
  brokenTable,
  checkCart,
  checkPlaces,
  checkTerms,
  counterProblem,
  fits,
  keepsOf,
  noWishes,
  seatsApart,
  takesOf,
  type Wishes,
} from '../pricing/cart-rules.ts';
import { isStageCounter, staysWithPlaces, type Keep } from '../pricing/price-list.ts';
import { quoteCart } from '../pricing/quote-cart.ts';
import type { Cart, Quote } from '../pricing/quote.ts';
import { endHolds, findExpiredHolds, noteSwept, readSweepStart } from './end-holds.store.ts';
import { extendHolds } from './extend-holds.store.ts';
import type { Hold, HoldPolicy } from './hold.ts';
import { keptTakes, placeHolds, type PlaceOrder } from './place-holds.store.ts';
import { readHold } from './read-hold.store.ts';
import { requoteHold } from './requote-hold.store.ts';
import { firstZoneWithRoom, notEnough, refuseTaken, unavailable } from './taken-places.ts';

/** What a buyer asks for: named places, or the best ones for so many people. */
export type HoldRequest = Cart | { bestAvailable: { quantity: number; zoneNo?: number | undefined } };

/** The kinds of groups that change holds. */
export type HoldGroupKind = 'place' | 'extend' | 'release' | 'expire';

type Deps = {
  pool: Pool;
  lockWaits: LockWaits;
  events: EventCache;
  clock: Clock;
  ids: IdSource;
  policy: HoldPolicy;
  /** Told of each group: requests, and milliseconds in the database. */
  onGroup(kind: HoldGroupKind, requests: number, milliseconds: number): void;
};

type PlaceOutcome =
  | { outcome: 'placed'; expiresAt: Date; group: GroupTiming }
  | { outcome: 'taken'; seatNos: number[]; zoneNos: number[] }
  | { outcome: 'stale'; used: [counter: string, used: number][] }
  | { outcome: 'sales_closed' };

/** A hold that was placed, and where the time for it went. */
type Placed = { hold: Hold; timing: Timing };

// A hold may expire while the sweep before was looking.
const sweepOverlapMilliseconds = 60_000;

/** Places, reads, extends, releases and expires holds; what writes goes through the event's lanes. */
export class Holds {
  readonly #deps: Deps;
  readonly #placing: GroupLanes<LiveEvent, PlaceOrder, PlaceOutcome>;
  readonly #ending: GroupLanes<string, { key: EventKey; holdId: string }, boolean>;
  readonly #extending: GroupLanes<number, { tenantId: number; holdId: string }, Date | null>;
  #sweptUntil: Date | undefined;
  #sweepNotedAt = -Infinity;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#placing = new GroupLanes(
      (live) => ({ ...laneLimits, run: (orders) => this.#placeGroup(live, orders) }),
      limits.lanesQueueMax,
    );
    this.#ending = new GroupLanes(
      () => ({ ...laneLimits, run: (requests) => this.#releaseGroup(requests) }),
      limits.lanesQueueMax,
    );
    this.#extending = new GroupLanes(
      () => ({ ...laneLimits, run: (requests) => this.#extendGroup(requests) }),
      limits.lanesQueueMax,
    );
  }

  /** Requests that wait for their group. */
  get waiting(): number {
    return this.#placing.waiting + this.#ending.waiting + this.#extending.waiting;
  }

  get idle(): boolean {
    return this.#placing.idle && this.#ending.idle && this.#extending.idle;
  }

  /**
   * Takes places off the market for a while, all of them or none.
   * @returns the hold, and whether best available had to split the company; tries for other seats count as waiting.
   * @throws Problem `seat_unavailable` that names the places, `sales_closed`, `overloaded`.
   */
  async place(
    live: LiveEvent,
    request: HoldRequest,
    wishes: Wishes = noWishes,
  ): Promise<Placed & { split: boolean }> {
    const started = performance.now();
    if (!('bestAvailable' in request))
      return { ...(await this.#placeCart(live, request, wishes)), split: false };
    const { quantity } = request.bestAvailable;
    const zoneNo = request.bestAvailable.zoneNo ?? firstZoneWithRoom(live, quantity);
    if (zoneNo !== undefined && live.event.zones[zoneNo - 1]!.kind === 'general') {
      const cart = { seatNos: [], zones: [{ zoneNo, quantity }] };
      return { ...(await this.#placeCart(live, cart, wishes)), split: false };
    }
    for (let attempt = 1; ; attempt++) {
      const apart = seatsApart(live.event, this.#deps.clock.now().getTime(), wishes);
      const proposal = live.propose(quantity, zoneNo, apart);
      if (!proposal) throw notEnough(quantity);
      try {
        const { hold, timing } = await this.#placeCart(
          live,
          { seatNos: proposal.seatNos, zones: [] },
          wishes,
        );
        return { hold, timing: timingSince(started, timing.group), split: proposal.split };
      } catch (error) {
        const lost = error instanceof Problem && error.code === 'seat_unavailable';
        if (!lost || attempt === limits.bestAvailableAttemptsMax) throw error;
      } finally {
        live.withdraw(proposal.seatNos);
      }
    }
  }

  /** @throws Problem `hold_not_found`. */
  async read(live: LiveEvent, holdId: string): Promise<Hold> {
    const hold = await readHold(reader(this.#deps.pool), live.event, holdId);
    if (!hold) throw holdProblem('hold_not_found');
    return hold;
  }

  /**
   * Prolongs a live hold.
   * @throws Problem `hold_not_found`, `hold_expired`, `hold_released`, `hold_already_confirmed`, `hold_extension_limit`.
   */
  async extend(live: LiveEvent, holdId: string): Promise<Hold> {
    const { tenantId } = live.event;
    const expiresAt = await this.#extending.submit(tenantId, { tenantId, holdId });
    const hold = await this.read(live, holdId);
    if (expiresAt) return { ...hold, expiresAt };
    throw holdProblem(hold.state === 'live' ? this.#whyNotExtended(hold) : endedCode[hold.state]);
  }

  /**
   * Quotes a live hold's places anew: other kinds of ticket, or another buyer, voucher or means of payment.
   * What it took of price stages and of a voucher's stock stays with it.
   * @throws Problem what `checkTerms` refuses, `voucher_used_up`, `voucher_customer_limit`, `customer_limit`, and the
   * refusals of a hold that has ended.
   */
  async change(live: LiveEvent, hold: Hold, cart: Cart, wishes: Wishes): Promise<Hold> {
    if (hold.state !== 'live') throw holdProblem(endedCode[hold.state]);
    const { event } = live;
    const at = this.#deps.clock.now().getTime();
    checkTerms(event, cart, at, wishes);
    const quote = quoteCart(event, cart, at, { ...wishes, held: hold.quote.lines });
    const kept = hold.uses.filter(({ counter }) => staysWithPlaces(counter));
    const takes = [
      ...kept.map((use) => ({ ...use, limit: use.count })),
      ...takesOf(event, cart, at, wishes).filter(({ counter }) => !staysWithPlaces(counter)),
    ];
    const result = await requoteHold(this.#deps.pool, event.tenantId, hold.holdId, quote, takes);
    switch (result.outcome) {
      case 'changed':
        return { ...hold, cart, quote, uses: takes };
      case 'full':
        throw counterProblem(result.counter) ?? holdProblem('hold_expired');
      case 'ended': {
        const { state } = await this.read(live, hold.holdId);
        throw holdProblem(state === 'live' ? 'hold_expired' : endedCode[state]);
      }
    }
  }

  /** Puts a live hold's places back on sale. A hold that has ended already stays as it is. */
  async release(live: LiveEvent, holdId: string): Promise<void> {
    const released = await this.#ending.submit(formatEventId(live.event), { key: live.event, holdId });
    if (released) return;
    const hold = await this.read(live, holdId);
    if (hold.state === 'confirmed') throw holdProblem('hold_already_confirmed');
  }

  /**
   * Expires the holds of all sellers whose time has come; returns how many it ended.
   * @throws what failed, after all the others have been ended; the next sweep looks at the same ones again.
   */
  async sweepExpired(): Promise<number> {
    const { pool } = this.#deps;
    this.#sweptUntil ??= await readSweepStart(reader(pool), limits.holdSweepReachSeconds);
    const { at, holds: found } = await findExpiredHolds(reader(pool), this.#sweptUntil, limits.sweepRowsMax);
    const faults: unknown[] = [];
    for (const [event, group] of Map.groupBy(found, formatEventId)) {
      const key = group[0]!;
      const holdIds = group.map((hold) => hold.holdId);
      try {
        const { result } = await this.#inDatabase('expire', event, holdIds.length, () =>
          endHolds(pool, key, holdIds, 'expired'),
        );
        await this.#deps.events.commit(key, result.change);
      } catch (error) {
        // A lock in one event is no reason to keep the places of the others.
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
    // This process's own clock may be another one, and what it is ahead would never be looked at.
    const last = found.length === limits.sweepRowsMax ? found.at(-1)!.expiresAt : at;
    this.#sweptUntil = new Date(last.getTime() - sweepOverlapMilliseconds);
    const now = performance.now();
    if (now >= this.#sweepNotedAt + limits.holdSweepNoteSeconds * 1_000) {
      await noteSwept(pool, this.#sweptUntil);
      this.#sweepNotedAt = now;
    }
    return found.length;
  }

  #whyNotExtended(hold: Hold): 'hold_expired' | 'hold_extension_limit' {
    return hold.extensions >= this.#deps.policy.extensionsMax ? 'hold_extension_limit' : 'hold_expired';
  }

  /**
   * Takes the places of a hold that has ended again, at the price that was agreed on. What its quote was counted for is not
   * counted a second time: the money is there.
   * @param agreed the quote, of the same places.
   * @throws Problem `seat_unavailable`, also for a part of a table that is sold whole by now; `sales_closed`, `overloaded`.
   */
  async placeAgain(asked: LiveEvent, cart: Cart, { takes: _, ...agreed }: Quote): Promise<Hold> {
    const broken = brokenTable(asked.event, cart.seatNos);
    if (broken) throw unavailable(asked, [broken.seatNo], []);
    const { hold } = await this.#placeQuoted(asked, cart, ({ event }) => {
      const { pricingVersion, taxVersion } = event;
      return { quote: { ...agreed, pricingVersion, taxVersion, validUntil: Infinity }, keeps: [] };
    });
    return hold;
  }

  /** Free seats as good as these (`LiveEvent.proposeEqual`), but none that are sold under rules of their own. */
  proposeEqual(live: LiveEvent, seatNos: readonly number[]): Map<number, number> | null {
    return live.proposeEqual(seatNos, seatsApart(live.event, this.#deps.clock.now().getTime(), noWishes));
  }

  /**
   * Takes places off the market for somebody who will sell them, at prices that the caller makes.
   * @param quoteBy is asked again when prices have changed; the instant is in milliseconds since 1970.
   * @throws Problem `zone_not_found`, `seat_unavailable`, `sales_closed`, `overloaded`, and what `quoteBy` throws.
   */
  async placeAllotment(
    asked: LiveEvent,
    cart: Cart,
    quoteBy: (live: LiveEvent, at: number) => Quote,
  ): Promise<Hold> {
    const { hold } = await this.#placeQuoted(asked, cart, (live) => {
      const at = this.#deps.clock.now().getTime();
      checkPlaces(live.event, cart, at, noWishes);
      return { quote: quoteBy(live, at), keeps: keepsOf(live.event, cart, at, noWishes) };
    });
    return hold;
  }

  #placeCart(asked: LiveEvent, cart: Cart, wishes: Wishes): Promise<Placed> {
    return this.#placeQuoted(asked, cart, (live) => {
      const at = this.#deps.clock.now().getTime();
      return { quote: this.#quote(live, cart, at, wishes), keeps: keepsOf(live.event, cart, at, wishes) };
    });
  }

  /** Places a cart, quoted anew for as long as others change what its price is made from. */
  async #placeQuoted(
    asked: LiveEvent,
    cart: Cart,
    quoteBy: (live: LiveEvent) => { quote: Quote; keeps: Keep[] },
  ): Promise<Placed> {
    const started = performance.now();
    let live = asked;
    for (let attempt = 1; attempt <= limits.holdQuoteAttemptsMax; attempt++) {
      refuseTaken(live, cart);
      const { quote, keeps } = quoteBy(live);
      const holdId = this.#deps.ids.uuid();
      const result = await this.#placing.submit(live, { holdId, cart, quote, keeps });
      switch (result.outcome) {
        case 'placed':
          return {
            hold: {
              holdId,
              state: 'live',
              expiresAt: result.expiresAt,
              extensions: 0,
              cart,
              quote,
              uses: keptTakes(quote),
            },
            timing: timingSince(started, result.group),
          };
        case 'taken':
          throw unavailable(live, result.seatNos, result.zoneNos);
        case 'sales_closed':
          throw new Problem('sales_closed', `"${live.event.name}" is not on sale now.`);
        case 'stale':
          live = await this.#renew(live, quote, new Map(result.used));
      }
    }
    const detail = 'Prices are changing right now. Nothing was held; try again in a moment.';
    throw new Problem('unavailable', detail, { retryAfterSeconds: 1 });
  }

  /** @throws Problem what `checkCart` refuses. */
  #quote(live: LiveEvent, cart: Cart, at: number, wishes: Wishes): Quote {
    checkCart(live.event, cart, at, wishes);
    const quote = quoteCart(live.event, cart, at, { ...wishes, used: (counter) => live.used(counter) });
    const takes = [...(quote.takes ?? []), ...takesOf(live.event, cart, at, wishes)];
    return takes.length === 0 ? quote : { ...quote, takes };
  }

  /**
   * What the next quote is made from: other counters, or else a newer event.
   * @throws Problem when a voucher or a customer's limit has no room.
   */
  async #renew(live: LiveEvent, quote: Quote, used: Map<string, number>): Promise<LiveEvent> {
    live.noteUsed([...used].filter(([counter]) => isStageCounter(counter)));
    const missed = (quote.takes ?? []).filter((take) => !fits(take, used.get(take.counter) ?? 0));
    for (const { counter } of missed) {
      const problem = counterProblem(counter);
      if (problem) throw problem;
    }
    if (missed.length > 0) return live;
    const { events } = this.#deps;
    const known = await events.get(live.event);
    const newer = known === live ? await events.reload(live.event) : known;
    return newer ?? live;
  }

  async #placeGroup(live: LiveEvent, orders: PlaceOrder[]): Promise<(PlaceOutcome | typeof again)[]> {
    const { pool, policy } = this.#deps;
    const { result, group } = await this.#inDatabase('place', formatEventId(live.event), orders.length, () =>
      placeHolds(pool, live.event, orders, policy.ttlSeconds),
    );
    const { outcomes, expiresAt, freeSeats, zonesLeft, used } = result;
    // Seats that turned out to be gone are taken for held until their own change arrives.
    const seats = orders
      .flatMap(({ cart }, i) =>
        outcomes[i] === 'placed'
          ? cart.seatNos
          : cart.seatNos.filter((no) => !freeSeats.has(no) && live.isFree(no)),
      )
      .map((seatNo) => ({ seatNo, state: HELD }));
    const zones = [...zonesLeft].map(([zoneNo, left]) => ({ zoneNo, left }));
    await this.#deps.events.commit(live.event, { seats, zones });
    return orders.map(({ cart }, i) => {
      switch (outcomes[i]!) {
        case 'placed':
          return { outcome: 'placed', expiresAt, group };
        case 'again':
          return again;
        case 'sales_closed':
          return { outcome: 'sales_closed' };
        case 'stale':
          return { outcome: 'stale', used };
        case 'taken':
          return {
            outcome: 'taken',
            seatNos: cart.seatNos.filter((seatNo) => !freeSeats.has(seatNo)),
            zoneNos: cart.zones
              .filter(({ zoneNo, quantity }) => quantity > (zonesLeft.get(zoneNo) ?? 0))
              .map((zone) => zone.zoneNo),
          };
      }
    });
  }

  /** Does a group's work under its key: what is locked in one event, or for a seller, is not in another. */
  async #inDatabase<T>(
    kind: HoldGroupKind,
    whose: string,
    requests: number,
    work: () => Promise<T>,
  ): Promise<{ result: T; group: GroupTiming }> {
    const { lockWaits, onGroup } = this.#deps;
    const started = performance.now();
    const result = await lockWaits.run(`${kind} ${whose}`, work);
    const milliseconds = performance.now() - started;
    onGroup(kind, requests, milliseconds);
    return { result, group: { requests, milliseconds } };
  }

  async #releaseGroup(requests: { key: EventKey; holdId: string }[]): Promise<boolean[]> {
    const { key } = requests[0]!;
    const holdIds = requests.map((one) => one.holdId);
    const { result } = await this.#inDatabase('release', formatEventId(key), holdIds.length, () =>
      endHolds(this.#deps.pool, key, holdIds, 'released'),
    );
    const { ended, change } = result;
    await this.#deps.events.commit(key, change);
    return requests.map(({ holdId }) => ended.has(holdId));
  }

  async #extendGroup(requests: { tenantId: number; holdId: string }[]): Promise<(Date | null)[]> {
    const { pool, policy } = this.#deps;
    const { tenantId } = requests[0]!;
    const holdIds = requests.map((one) => one.holdId);
    const { result: extended } = await this.#inDatabase('extend', String(tenantId), holdIds.length, () =>
      extendHolds(pool, tenantId, holdIds, policy.extensionSeconds, policy.extensionsMax),
    );
    return requests.map(({ holdId }) => extended.get(holdId) ?? null);
  }
}

/** The event and the id behind a hold token. @throws Problem `hold_not_found`. */
export async function openHold(
  events: EventCache,
  token: string,
): Promise<{ live: LiveEvent; holdId: string }> {
  const parsed = parseHoldToken(token);
  const live = parsed && (await events.get(parsed));
  if (!live) throw holdProblem('hold_not_found');
  return { live, holdId: parsed.holdId };
}

const endedCode = {
  confirmed: 'hold_already_confirmed',
  released: 'hold_released',
  expired: 'hold_expired',
} as const;

const holdSentences = {
  hold_not_found: 'There is no hold with this token.',
  hold_expired: 'The hold has expired and its places are back on sale. Choose places again.',
  hold_released: 'The hold was released and its places are back on sale. Choose places again.',
  hold_already_confirmed: 'The hold was confirmed already; its sale stands. Nothing was charged twice.',
  hold_extension_limit: 'The hold was extended as often as it can be. Confirm it before it expires.',
} as const;

/** The refusal of a hold that cannot be used, with its sentence. */
export function holdProblem(code: keyof typeof holdSentences): Problem {
  return new Problem(code, holdSentences[code]);
}
