import type { Hold } from '../api/contract.ts';
import { type CartContent, contentOf } from '../hall/cart.svelte.ts';
import { drop, keep, kept } from '../../../shared/src/kept.ts';

/** What this tab remembers of a hold that it placed. */
export type OwnHold = {
  token: string;
  eventId: string;
  content: CartContent;
  isSplit: boolean;
  /** By the buyer's own clock, so only good for guessing whether to ask the server. */
  deadline: number;
};

const byToken = (token: string): string => `taquilla.hold.${token}`;
const byEvent = (eventId: string): string => `taquilla.hold-of.${eventId}`;

export function rememberHold(hold: Hold): OwnHold {
  const own: OwnHold = {
    token: hold.hold_token,
    eventId: hold.event_id,
    content: contentOf(hold.items),
    isSplit: hold.split ?? holdByToken(hold.hold_token)?.isSplit ?? false,
    deadline: Date.now() + hold.expires_in_seconds * 1000,
  };
  keep(byToken(own.token), own);
  keep(byEvent(own.eventId), own.token);
  return own;
}

export function holdByToken(token: string): OwnHold | null {
  return kept<OwnHold>(byToken(token));
}

/** The hold of this event that still runs, as far as this tab knows. */
export function liveHoldOf(eventId: string): OwnHold | null {
  const token = kept<string>(byEvent(eventId));
  const own = token === null ? null : holdByToken(token);
  return own !== null && own.deadline > Date.now() ? own : null;
}

/** It no longer keeps any seats; what it held stays known, so that it can be tried again. */
export function endHold(eventId: string): void {
  drop(byEvent(eventId));
}
