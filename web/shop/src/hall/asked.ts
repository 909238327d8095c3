import type { HoldRequest } from '../api/contract.ts';
import { emptyGuest, type Guest, guestKey } from '../checkout/guest.ts';
import { keep, kept } from '../../../shared/src/kept.ts';

/** What an event wants to know before it holds places, where it does: its buyer, and what opens its hidden zones. */
export type Asked = Pick<HoldRequest, 'access_code' | 'customer'>;

const storageKey = (eventId: string): string => `taquilla.asked.${eventId}`;

export function askedOf(eventId: string): Asked {
  return kept<Asked>(storageKey(eventId)) ?? {};
}

/** Keeps what the buyer said; who they are stands in the checkout's form, too. */
export function keepAsked(eventId: string, asked: Asked): void {
  keep(storageKey(eventId), { ...askedOf(eventId), ...asked });
  if (asked.customer) keep(guestKey, { ...(kept<Guest>(guestKey) ?? emptyGuest), ...asked.customer });
}

/** An address has an @; anything else is a document. Null when nothing was said. */
export function readBuyer(text: string): Asked['customer'] | null {
  const said = text.trim();
  if (said === '') return null;
  return said.includes('@') ? { email: said } : { document: said };
}
