import { api, NetworkFailure, withQuery } from '../../api/client.ts';
import type { ListPage } from '../../lib/cursor-list.svelte.ts';
import { language } from '../../lib/language.svelte.ts';
import { session } from '../../lib/session.svelte.ts';
import { keep, kept } from '../../../../shared/src/kept.ts';
import type { Point, Shift } from '../fiscal/fiscal-contract.ts';
import { beginAttempt, openAttempt, settleAttempt, type Attempt } from './attempt.ts';
import { Connection } from './connection.svelte.ts';
import type { Confirmation, EventInfo, Hold, HoldRequest } from './contract.ts';
import type { Payment } from './payment.ts';
import { texts } from './texts.ts';

/** A sale that was made here, as it is shown and printed again. */
export type DoneSale = { confirmation: Confirmation; change: number; isVoid: boolean; isPrinted: boolean };

/** A till, with whose shift is open at it. */
export type Till = { point: Point; shift: Shift | null };

export type Buyer = { name: string; document: string; email: string; phone: string };

type Step = 'loading' | 'till' | 'shift' | 'event' | 'sell' | 'pay' | 'settling' | 'done' | 'close';

const noBuyer: Buyer = { name: '', document: '', email: '', phone: '' };
const pagesMax = 20;

/** The box office of one cashier at one till: what step they are at, and what they have in hand. */
export class BoxOffice {
  readonly connection = new Connection();
  step: Step = $state('loading');
  fault: unknown = $state.raw();
  tills: Till[] = $state.raw([]);
  till: Till | null = $state.raw(null);
  events: EventInfo[] = $state.raw([]);
  event: EventInfo | null = $state.raw(null);
  hold: Hold | null = $state.raw(null);
  buyer: Buyer = $state({ ...noBuyer });
  isBusy = $state(false);
  /** Why the places that were held no longer are. */
  hasExpired = $state(false);
  /** A sale that was sent, and whether it is not known what became of it. */
  attempt: Attempt | null = $state.raw(null);
  isUnknown = $state(false);
  sale: DoneSale | null = $state.raw(null);
  readonly #seller = session.seller!;
  readonly #leaving = new AbortController();

  /** Finds the till at which the cashier's shift is open, or lets them choose one. */
  async load(): Promise<void> {
    await this.attemptTo(async () => {
      const [tills, events] = await Promise.all([this.#readTills(), this.#readEvents()]);
      this.tills = tills;
      this.events = events;
      const mine = tills.find((one) => this.isMine(one));
      if (mine) this.enter(mine);
      else this.step = 'till';
    });
  }

  isMine({ shift }: Till): boolean {
    return shift?.cashier_id === session.answer?.user.id;
  }

  /** Goes to a till: to its shift when there is none, else to where it was left. */
  enter(till: Till): void {
    this.till = till;
    if (!till.shift) {
      this.step = 'shift';
      return;
    }
    const attempt = openAttempt(this.#seller.id, till.point.id);
    if (attempt) {
      void this.#settle(attempt);
      return;
    }
    this.goToEvent();
  }

  /** To the event that was sold last, or to the choice. */
  goToEvent(): void {
    const last = kept<string>(this.#eventKey);
    const known =
      this.events.find((one) => one.id === last) ?? (this.events.length === 1 ? this.events[0] : undefined);
    if (known) this.choose(known);
    else this.step = 'event';
  }

  choose(event: EventInfo): void {
    keep(this.#eventKey, event.id);
    this.event = event;
    this.step = 'sell';
  }

  async chooseAnother(): Promise<void> {
    await this.release();
    this.event = null;
    this.step = 'event';
    await this.attemptTo(async () => {
      this.events = await this.#readEvents();
    });
  }

  /** Opens the till's day when it is not, then the cashier's shift. */
  async openShift(openingFloat: { currency: string; amount: number }[]): Promise<void> {
    await this.attemptTo(async () => {
      const { point } = this.till!;
      const base = `/sellers/${this.#seller.id}/points/${point.id}`;
      if (point.open_day_id === null) await api.post(`${base}/days`, undefined);
      const shift = await api.post<Shift>(`${base}/shifts`, { opening_float: openingFloat });
      const [till] = (await this.#readTills()).filter((one) => one.point.id === point.id);
      this.enter(till ?? { point, shift });
    });
  }

  /** Holds places in place of those that are held now. */
  async place(request: Omit<HoldRequest, 'event_id'>): Promise<void> {
    const { event, buyer } = this;
    if (!event) return;
    await this.attemptTo(async () => {
      await this.#releaseQuietly();
      this.hasExpired = false;
      this.hold = await api.post<Hold>('/sales/holds', {
        event_id: event.id,
        ...request,
        ...(buyer.email !== '' && { customer: { email: buyer.email } }),
      } satisfies HoldRequest);
    });
  }

  /** Other kinds of ticket, or a voucher (null takes it away), for what is held. */
  async change(change: {
    ticket_kinds?: { ticket_kind: string; quantity: number }[];
    voucher?: string | null;
  }): Promise<void> {
    await this.attemptTo(async () => {
      this.hold = await api.patch<Hold>(this.#holdPath, change);
    });
  }

  async extend(): Promise<void> {
    await this.attemptTo(async () => {
      this.hold = await api.post<Hold>(`${this.#holdPath}/extend`, undefined);
    });
  }

  async release(): Promise<void> {
    await this.attemptTo(() => this.#releaseQuietly());
    if (this.step === 'pay') this.step = 'sell';
  }

  /** The time of the hold is over. */
  expire(): void {
    if (this.step === 'settling') return;
    this.hold = null;
    this.hasExpired = true;
    this.step = 'sell';
  }

  pay(): void {
    if (this.hold && !this.isBusy) this.step = 'pay';
  }

  /** Sells what is held. @param change the cash that goes back. */
  async confirm(payment: Payment, change: number): Promise<void> {
    const { hold, till, buyer } = this;
    if (!hold || !till || this.step !== 'pay' || !this.connection.isUp) return;
    const body = {
      hold_token: hold.hold_token,
      customer: {
        name: buyer.name.trim() === '' ? texts[language.current].nameUsual : buyer.name.trim(),
        ...(buyer.email !== '' && { email: buyer.email }),
        ...(buyer.phone !== '' && { phone: buyer.phone }),
        ...(buyer.document !== '' && { document: buyer.document }),
        locale: language.current,
      },
      payment,
      expected_total: hold.quote.total,
      point_id: till.point.id,
    };
    await this.#settle(beginAttempt(this.#seller.id, body, change));
  }

  nextSale(): void {
    this.sale = null;
    this.step = 'sell';
  }

  /** The sale before, once more: to print it again, or to void it. */
  showLast(): void {
    const last = kept<DoneSale>(this.#lastKey);
    if (!last) return;
    this.sale = last;
    this.step = 'done';
  }

  get hasLast(): boolean {
    return kept<DoneSale>(this.#lastKey) !== null;
  }

  noteVoid(): void {
    this.#note({ isVoid: true });
  }

  /** What is printed by itself is printed once. */
  notePrinted(): void {
    this.#note({ isPrinted: true });
  }

  noteNumber(fiscalNumber: string): void {
    if (this.sale) this.#note({ confirmation: { ...this.sale.confirmation, fiscal_number: fiscalNumber } });
  }

  /** Does something, and shows why it failed. @returns whether it was done. */
  async attemptTo(work: () => Promise<void>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.fault = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      this.fault = error;
      if (error instanceof NetworkFailure) this.connection.lost();
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  /** Lets go of everything when the page is left. */
  leave(): void {
    this.#leaving.abort();
    if (this.hold && this.step !== 'settling')
      void fetch(this.#holdPath, { method: 'DELETE', keepalive: true });
  }

  get #eventKey(): string {
    return `taquilla.box-office.event.${this.#seller.id}`;
  }

  get #lastKey(): string {
    return `taquilla.box-office.last.${this.#seller.id}.${this.till?.point.id}`;
  }

  get #holdPath(): string {
    return `/sales/holds/${encodeURIComponent(this.hold!.hold_token)}`;
  }

  #note(change: Partial<DoneSale>): void {
    if (!this.sale) return;
    this.sale = { ...this.sale, ...change };
    keep(this.#lastKey, this.sale);
  }

  async #releaseQuietly(): Promise<void> {
    if (!this.hold) return;
    const path = this.#holdPath;
    this.hold = null;
    // It may have ended by itself, which is as good.
    await api.delete(path).catch((error: unknown) => {
      if (error instanceof NetworkFailure) throw error;
    });
  }

  async #settle(attempt: Attempt): Promise<void> {
    this.attempt = attempt;
    this.isUnknown = false;
    this.fault = undefined;
    this.step = 'settling';
    const onUnknown = (error: unknown): void => {
      this.isUnknown = true;
      if (error instanceof NetworkFailure) this.connection.lost();
    };
    try {
      const confirmation = await settleAttempt(this.#seller.id, attempt, onUnknown, this.#leaving.signal);
      this.sale = { confirmation, change: attempt.change, isVoid: false, isPrinted: false };
      keep(this.#lastKey, this.sale);
      this.hold = null;
      this.buyer = { ...noBuyer };
      this.step = 'done';
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      this.fault = error;
      await this.#readHoldAgain();
    } finally {
      this.attempt = null;
      this.isUnknown = false;
      this.event ??= this.events.find((one) => one.id === kept<string>(this.#eventKey)) ?? null;
    }
  }

  /** After a refusal: what is still held is paid again, at the price of now. */
  async #readHoldAgain(): Promise<void> {
    const hold = this.hold && (await api.get<Hold & { status: string }>(this.#holdPath).catch(() => null));
    this.hold = hold?.status === 'live' ? hold : null;
    if (this.hold) this.step = 'pay';
    else if (this.event) this.step = 'sell';
    else this.goToEvent();
  }

  async #readTills(): Promise<Till[]> {
    const base = `/sellers/${this.#seller.id}/points`;
    const { data } = await api.get<ListPage<Point>>(withQuery(base, { limit: 100 }));
    const tills = data.filter((point) => point.kind === 'till');
    return await Promise.all(
      tills.map(async (point) => {
        if (point.open_shift_id === null) return { point, shift: null };
        const { shift } = await api.get<{ shift: Shift }>(
          `${base}/${point.id}/shifts/${point.open_shift_id}`,
        );
        return { point, shift };
      }),
    );
  }

  /** The seller's events that are on sale, the soonest first. */
  async #readEvents(): Promise<EventInfo[]> {
    const found: EventInfo[] = [];
    let after: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const answer: ListPage<EventInfo> = await api.get(
        withQuery('/events', { limit: 100, starting_after: after }),
      );
      found.push(...answer.data.filter((one) => one.id.startsWith(`${this.#seller.id}-`) && one.on_sale));
      after = answer.data.at(-1)?.id;
      if (!answer.has_more || after === undefined) break;
    }
    return found;
  }
}
