import { formatEventId, formatHoldToken, formatSeatId, formatZoneId } from '../base/ids.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { planOffers } from '../payments/payment-plan.ts';
import { planOfferToJson } from '../payments/plan-json.ts';
import { quoteToJson } from '../pricing/quote-cart.ts';
import type { Cart, Quote } from '../pricing/quote.ts';

export type HoldState = 'live' | 'confirmed' | 'released' | 'expired';

/** A hold: places that have left the market until `expiresAt`, at the price of its quote. */
export type Hold = {
  holdId: string;
  state: HoldState;
  expiresAt: Date;
  extensions: number;
  cart: Cart;
  quote: Quote;
  /** What it takes of counters until it ends. */
  uses: { counter: string; count: number }[];
};

/** How long holds live and how they may be prolonged. */
export type HoldPolicy = { ttlSeconds: number; extensionSeconds: number; extensionsMax: number };

/** A hold as the API shows it; `now` is what the countdown is counted from. */
export function holdToJson(event: CatalogEvent, hold: Hold, now: Date, policy: HoldPolicy) {
  const { seats, planRules, startsAt } = event;
  const offers =
    planRules.length === 0 ? [] : planOffers(planRules, { total: hold.quote.total, at: now, startsAt });
  return {
    hold_token: formatHoldToken(event, hold.holdId),
    event_id: formatEventId(event),
    status: hold.state,
    items: hold.quote.lines.map(({ zoneNo, seatNo, quantity, unitPrice, kind }) => ({
      zone_id: formatZoneId(event, zoneNo),
      ...(seatNo !== null && {
        seat_id: formatSeatId(event, seatNo),
        row: seats.rowLabel[seatNo - 1]!,
        number: seats.seatLabel[seatNo - 1]!,
      }),
      ...(kind !== undefined && { ticket_kind: kind }),
      quantity,
      price: unitPrice,
    })),
    quote: quoteToJson(event, hold.quote),
    expires_at: hold.expiresAt.toISOString(),
    expires_in_seconds: Math.max(0, Math.ceil((hold.expiresAt.getTime() - now.getTime()) / 1000)),
    extensions_left: Math.max(0, policy.extensionsMax - hold.extensions),
    ...(offers.length > 0 && { payment_plans: offers.map(planOfferToJson) }),
  };
}
