import { api, Refusal } from '../api/client.ts';
import type { Confirmation, ConfirmRequest, EventInfo, Hold, HoldChange, Quote } from '../api/contract.ts';
import { dropCart, requestOf } from '../hall/cart.svelte.ts';
import { announcer } from '../lib/announcer.svelte.ts';
import { Countdown } from '../lib/countdown.svelte.ts';
import { faultWords } from '../lib/faults.ts';
import { drop, keep, kept } from '../../../shared/src/kept.ts';
import { language, t } from '../lib/language.svelte.ts';
import { endHold, holdByToken, rememberHold } from '../lib/own-holds.ts';
import { paths, router } from '../lib/router.svelte.ts';
import { confirm, isPassing, openAttempt } from './confirm-attempt.ts';
import {
  check,
  emptyGuest,
  type Field,
  type FieldErrors,
  type Guest,
  needsReference,
  needsReport,
  placeFaults,
} from './guest.ts';

const guestKey = 'taquilla.guest';
const orderKey = (holdToken: string): string => `taquilla.order.${holdToken}`;
export const warnSeconds = 60;

/** The page of the sale that this tab made of a hold. */
export function orderOf(holdToken: string): string | null {
  return kept<string>(orderKey(holdToken));
}

/** Where the confirming stands; `unsure` means nobody knows whether the sale exists. */
type Phase = 'filling' | 'confirming' | 'unsure';

/** The buyer pays another way, so the hold is to be confirmed again. */
export function forgetOrder(holdToken: string): void {
  drop(orderKey(holdToken));
}

function goToOrder(holdToken: string, { links, payment }: Confirmation): void {
  const page = new URL(links.page, location.origin);
  const path = page.pathname + page.search;
  keep(orderKey(holdToken), path);
  const own = holdByToken(holdToken);
  if (own !== null) {
    endHold(own.eventId);
    dropCart(own.eventId);
  }
  // The next purchase has a payment of its own.
  keep(guestKey, { ...(kept<Guest>(guestKey) ?? emptyGuest), reference: '' });
  if (payment?.url === undefined) router.go(path, 'replace');
  else {
    // From the provider's page, "back" leads to the order.
    history.replaceState(null, '', path);
    location.assign(new URL(payment.url, location.origin));
  }
}

/**
 * The page was left while a confirmation was under way, and its answer is still owed: asks for it
 * again, and goes to the order. False when there is none, or the server refused it.
 * @throws NetworkFailure | Refusal when the outcome is still unknown.
 */
export async function resume(holdToken: string): Promise<boolean> {
  const attempt = openAttempt(holdToken);
  if (attempt === null) return false;
  try {
    goToOrder(holdToken, await confirm(attempt.body, () => undefined));
    return true;
  } catch (error) {
    if (isPassing(error)) throw error;
    return false;
  }
}

/** One buyer with a hold: the form, the countdown and the one press that makes the sale. */
export class CheckoutSession {
  readonly event: EventInfo;
  readonly countdown = new Countdown(() => {
    // While a confirmation is under way the server says whether it came in time.
    if (this.phase === 'filling') this.ended = 'hold_expired';
  });
  hold: Hold = $state.raw() as Hold;
  guest: Guest = $state.raw(emptyGuest);
  errors: FieldErrors = $state.raw({});
  fault: string | null = $state(null);
  phase: Phase = $state('filling');
  /** The hold ended under the buyer; why, in the server's code. */
  ended: string | null = $state(null);
  /** Another total than the one that the buyer saw; it waits for a yes. */
  newQuote: Quote | null = $state.raw(null);
  isExtending = $state(false);
  isSplit = $state(false);
  takesSubstitutes = $state(false);
  /** Why the voucher or the kinds of ticket were refused. */
  changeFault: string | null = $state(null);

  constructor(event: EventInfo, hold: Hold) {
    this.event = event;
    this.#take(hold);
    const guest = kept<Guest>(guestKey) ?? emptyGuest;
    const [only] = event.payment_methods.length === 1 ? event.payment_methods : [];
    const isOffered = event.payment_methods.includes(guest.method);
    this.guest = { ...guest, method: isOffered ? guest.method : (only ?? '') };
  }

  static async open(token: string): Promise<CheckoutSession> {
    const hold = await api.hold(token);
    return new CheckoutSession(await api.event(hold.event_id), hold);
  }

  get isOnline(): boolean {
    return this.guest.method === 'card_online';
  }

  /** The money comes after the confirming, and may come too late. */
  get paysLater(): boolean {
    return this.isOnline || needsReport(this.guest.method);
  }

  get isLocked(): boolean {
    return this.phase !== 'filling';
  }

  fill(field: Field, value: string): void {
    this.guest = { ...this.guest, [field]: value };
    keep(guestKey, this.guest);
  }

  stop(): void {
    this.countdown.stop();
  }

  async submit(): Promise<void> {
    if (this.phase === 'confirming') return;
    // The button named the new total, so the press is the yes to it.
    if (this.newQuote !== null) this.hold = { ...this.hold, quote: this.newQuote };
    if (this.phase === 'filling') {
      this.errors = check(this.guest);
      if (Object.keys(this.errors).length > 0) return;
    }
    await this.#run(this.#body());
  }

  async extend(): Promise<void> {
    if (this.isExtending) return;
    this.isExtending = true;
    this.fault = null;
    try {
      this.#take(await api.extendHold(this.hold.hold_token));
      announcer.say(t.checkout.extended);
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.isExtending = false;
    }
  }

  /** Other kinds of ticket or another voucher for the same places. */
  async change(body: HoldChange): Promise<void> {
    this.changeFault = this.newQuote = null;
    try {
      this.#take(await api.changeHold(this.hold.hold_token, body));
    } catch (error) {
      if (error instanceof Refusal && endingCodes.includes(error.code)) this.#refuse(error);
      else this.changeFault = faultWords(error);
    }
  }

  #take(hold: Hold): void {
    this.hold = hold;
    this.isSplit = rememberHold(hold).isSplit;
    this.countdown.start(hold.expires_in_seconds);
    if (hold.status !== 'live') this.ended = endCodes[hold.status];
  }

  #body(): ConfirmRequest {
    const { guest } = this;
    const [email, phone, document, reference] = [
      guest.email.trim(),
      guest.phone.trim(),
      guest.document.trim(),
      guest.reference.trim(),
    ];
    return {
      hold_token: this.hold.hold_token,
      customer: {
        name: guest.name.trim(),
        ...(email === '' ? {} : { email }),
        ...(phone === '' ? {} : { phone }),
        ...(document === '' ? {} : { document }),
        locale: language.current,
      },
      payment: {
        method: guest.method,
        ...(needsReport(guest.method)
          ? { report: this.#report(reference) }
          : needsReference(guest.method)
            ? { reference }
            : {}),
      },
      ...(this.paysLater ? { accept_substitutes: this.takesSubstitutes } : {}),
      expected_total: this.hold.quote.total,
    };
  }

  #report(reference: string): NonNullable<ConfirmRequest['payment']['report']> {
    const [bank, phone, document] = [
      this.guest.bank.trim(),
      this.guest.payer_phone.trim(),
      this.guest.payer_document.trim(),
    ];
    return {
      bank,
      reference,
      ...(phone === '' ? {} : { phone }),
      ...(document === '' ? {} : { document }),
    };
  }

  async #run(body: ConfirmRequest): Promise<void> {
    this.phase = 'confirming';
    this.fault = null;
    this.newQuote = null;
    try {
      const onRetry = (): void => {
        this.fault = t.checkout.retrying;
      };
      goToOrder(body.hold_token, await confirm(body, onRetry));
    } catch (error) {
      this.phase = 'filling';
      this.#refuse(error);
      if (!isPassing(error)) return;
      this.phase = 'unsure';
      this.fault = `${faultWords(error)} ${t.checkout.unsure}`;
    }
  }

  #refuse(error: unknown): void {
    if (!(error instanceof Refusal)) {
      this.fault = faultWords(error);
      return;
    }
    if (endingCodes.includes(error.code)) {
      this.ended = error.code;
      endHold(this.event.id);
    } else if (error.code === 'price_changed' && error.quote !== undefined) {
      this.newQuote = error.quote;
    } else {
      const { errors, rest } = placeFaults(error.errors);
      this.errors = errors;
      const isPlaced = Object.keys(errors).length > 0 && rest.length === 0;
      this.fault = isPlaced ? null : [faultWords(error), ...rest].join(' ');
    }
  }
}

const endCodes = {
  expired: 'hold_expired',
  released: 'hold_released',
  confirmed: 'hold_already_confirmed',
} as const;

/** After these the hold keeps no seats any more, whatever is typed. */
const endingCodes: readonly string[] = [...Object.values(endCodes), 'hold_not_found', 'seat_unavailable'];

/** Places what an ended hold had once more; the hall shows it when others were faster. */
export async function holdAgain(token: string): Promise<void> {
  const own = holdByToken(token);
  if (own === null) return;
  try {
    const hold = await api.placeHold(requestOf(own.eventId, own.content));
    rememberHold(hold);
    router.go(paths.checkout(hold.hold_token), 'replace');
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'seat_unavailable') throw error;
    router.go(paths.hall(own.eventId), 'replace');
  }
}
