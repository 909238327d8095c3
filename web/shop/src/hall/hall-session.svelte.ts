import { api, Refusal } from '../api/client.ts';
import type { Availability, EventInfo, Hold, HoldRequest, Zone } from '../api/contract.ts';
import { follow } from '../../../shared/src/live.ts';
import { announcer } from '../lib/announcer.svelte.ts';
import { money } from '../lib/format.ts';
import { t } from '../lib/language.svelte.ts';
import { endHold, liveHoldOf, type OwnHold, rememberHold } from '../lib/own-holds.ts';
import { faultWords } from '../lib/faults.ts';
import { paths, router } from '../lib/router.svelte.ts';
import { Cart, isSameContent, placesPerCartMax, requestOf } from './cart.svelte.ts';
import { Hall } from './hall.svelte.ts';
import { seatState } from '../../../shared/src/map/seat-painter.ts';

const availabilityPollMilliseconds = 8_000;

export type Notice = { kind: 'lost' | 'fault'; words: string };

/** One buyer in one hall: what is free, what is picked, and the step to the hold. */
export class HallSession {
  readonly event: EventInfo;
  readonly hall: Hall;
  readonly cart: Cart;
  readonly zones: ReadonlyMap<string, Zone>;
  ownHold: OwnHold | null = $state.raw(null);
  notice: Notice | null = $state.raw(null);
  isPlacing = $state(false);
  /** The seat that the keyboard or the pointer is on in the list, shown on the map. */
  spotlight: number | null = $state(null);
  /** The category that stands out on the map. */
  category: number | null = $state(null);
  readonly #mine: ReadonlySet<string> = $derived(new Set(this.ownHold?.content.seats));

  constructor(event: EventInfo, hall: Hall) {
    this.event = event;
    this.hall = hall;
    this.cart = new Cart(event.id);
    this.zones = new Map(event.zones.map((zone) => [zone.id, zone]));
    this.ownHold = liveHoldOf(event.id);
    this.#dropLost();
  }

  static async open(eventId: string): Promise<HallSession> {
    const [event, plan, availability] = await Promise.all([
      api.event(eventId),
      api.plan(eventId),
      api.availability(eventId),
    ]);
    return new HallSession(event, new Hall(plan, event.zones, availability));
  }

  /** Keeps the hall's states true until the returned function is called. */
  follow(): () => void {
    const ownHoldEnds = this.ownHold?.deadline ?? 0;
    const expiry = setTimeout(() => this.forgetOwnHold(), ownHoldEnds - Date.now());
    const stop = follow({
      url: `/events/${encodeURIComponent(this.event.id)}/availability/stream`,
      names: ['snapshot', 'change'],
      onEvent: (name, data) => this.#apply(name === 'snapshot', data as Availability),
      poll: async () => this.#apply(true, await api.availability(this.event.id)),
      pollMilliseconds: availabilityPollMilliseconds,
    });
    return () => {
      clearTimeout(expiry);
      stop();
    };
  }

  get canPick(): boolean {
    return this.event.on_sale;
  }

  get sum(): number {
    const { seats } = this.hall.plan;
    const seatSum = this.cart.seats.reduce((sum, id) => sum + seats.price[this.hall.seat(id)!]!, 0);
    return Object.entries(this.cart.places).reduce(
      (sum, [zoneId, n]) => sum + n * (this.zones.get(zoneId)?.price ?? 0),
      seatSum,
    );
  }

  isPicked(seat: number): boolean {
    return this.cart.seats.includes(this.hall.plan.seats.id[seat]!);
  }

  /** Free for this buyer: also what the buyer's own hold keeps. */
  isOpen(seat: number): boolean {
    return this.hall.isFree(seat) || this.#mine.has(this.hall.plan.seats.id[seat]!);
  }

  pointAt(seat: number | null): void {
    this.spotlight = seat;
  }

  /** A second time brings all categories back. */
  singleOut(category: number): void {
    this.category = this.category === category ? null : category;
  }

  toggle(seat: number): void {
    const id = this.hall.plan.seats.id[seat]!;
    if (this.cart.seats.includes(id)) {
      this.cart.remove(id);
      announcer.say(t.hall.unpicked(this.nameOf(seat)));
    } else if (this.canPick && this.isOpen(seat)) {
      if (this.cart.isFull) {
        this.notice = { kind: 'fault', words: t.hall.cartFull(placesPerCartMax) };
        return;
      }
      this.cart.add(id);
      announcer.say(t.hall.picked(this.nameOf(seat)));
    }
  }

  nameOf(seat: number): string {
    const { zone_id, row, number } = this.hall.plan.seats;
    const zone = this.zones.get(zone_id[seat]!)?.name ?? '';
    return t.hall.seatName(zone, row[seat]!, number[seat]!);
  }

  /** What a seat costs, or why it cannot be had. */
  noteOf(seat: number): string {
    if (this.isOpen(seat)) return money(this.hall.plan.seats.price[seat]!, this.event.currency);
    return this.hall.states[seat] === seatState.held ? t.hall.stateHeld : t.hall.stateGone;
  }

  async hold(): Promise<void> {
    const { ownHold } = this;
    if (ownHold && isSameContent(ownHold.content, this.cart.content)) {
      router.go(paths.checkout(ownHold.token));
      return;
    }
    const request = requestOf(this.event.id, this.cart.content);
    await this.#place(request);
  }

  async holdBest(quantity: number, zoneId: string): Promise<void> {
    await this.#place({
      event_id: this.event.id,
      best_available: { quantity, ...(zoneId === '' ? {} : { zone_id: zoneId }) },
    });
  }

  async #place(request: HoldRequest): Promise<void> {
    if (this.isPlacing) return;
    this.isPlacing = true;
    this.notice = null;
    try {
      await this.#releaseOwn();
      const hold = await api.placeHold(request);
      this.#enter(hold);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'seat_unavailable') {
        await this.#explainLoss(error, request);
      } else {
        this.notice = { kind: 'fault', words: faultWords(error) };
      }
    } finally {
      this.isPlacing = false;
    }
  }

  #enter(hold: Hold): void {
    this.cart.replace(rememberHold(hold).content);
    router.go(paths.checkout(hold.hold_token));
  }

  /** A new choice replaces the old hold: the seats in both must be free for the new one. */
  async #releaseOwn(): Promise<void> {
    if (this.ownHold === null || liveHoldOf(this.event.id) === null) return;
    try {
      await api.releaseHold(this.ownHold.token);
    } catch (error) {
      // It ended by itself, which is as good; another fault would fail the new hold as well.
      if (!(error instanceof Refusal)) throw error;
    }
    this.forgetOwnHold();
  }

  forgetOwnHold(): void {
    if (this.ownHold === null) return;
    const { seats } = this.ownHold.content;
    this.ownHold = null;
    endHold(this.event.id);
    this.hall.applyChange({ seats: Object.fromEntries(seats.map((id) => [id, 'free'])), zones: {} });
  }

  async #explainLoss({ seatIds }: Refusal, request: HoldRequest): Promise<void> {
    if (request.best_available) {
      this.notice = { kind: 'fault', words: t.hall.notEnough };
    } else {
      this.hall.applyChange({
        seats: Object.fromEntries(seatIds.map((id) => [id, 'sold'])),
        zones: {},
      });
      this.#dropSeats(seatIds);
    }
    await api.availability(this.event.id).then(
      (availability) => {
        this.hall.applySnapshot(availability);
        this.#dropShortPlaces();
      },
      () => undefined, // The stream will bring it.
    );
  }

  #apply(isSnapshot: boolean, availability: Availability): void {
    if (isSnapshot) this.hall.applySnapshot(availability);
    else this.hall.applyChange(availability);
    // While a hold is being placed its own seats turn up as held, by this very buyer.
    if (!this.isPlacing) this.#dropLost();
  }

  /** Takes what others bought meanwhile out of the cart, and says so. */
  #dropLost(): void {
    const isLost = (id: string): boolean => {
      const seat = this.hall.seat(id);
      return seat === undefined || !this.isOpen(seat);
    };
    this.#dropSeats(this.cart.seats.filter(isLost));
    this.#dropShortPlaces();
  }

  #dropSeats(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.cart.remove(...ids);
    const known = ids.map((id) => this.hall.seat(id)).filter((seat) => seat !== undefined);
    const names = known.map((seat) => this.nameOf(seat)).join(' · ');
    const rest = this.cart.count > 0 ? t.hall.restKept : '';
    this.notice = { kind: 'lost', words: `${t.hall.someGone(ids.length)} ${names}. ${rest}` };
  }

  #dropShortPlaces(): void {
    for (const [zoneId, quantity] of Object.entries(this.cart.places)) {
      const own = this.ownHold?.content.places[zoneId] ?? 0;
      const left = (this.hall.placesLeft[zoneId] ?? 0) + own;
      if (quantity <= left) continue;
      this.cart.setPlaces(zoneId, left);
      const zone = this.zones.get(zoneId)?.name ?? '';
      this.notice = { kind: 'lost', words: t.hall.fewerPlaces(zone, left) };
    }
  }
}
