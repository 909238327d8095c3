import { placesOf, type EventDraft, type Preparation } from './event-draft.ts';

/** What is missing before an event may be published; `blocks` is false for what only ought to be there. */
export type Missing = { code: MissingCode; blocks: boolean; message: string };

export const missingCodes = [
  'event_cancelled',
  'starts_in_the_past',
  'sale_ends_in_the_past',
  'sale_ends_after_start',
  'seat_plan_missing',
  'prices_missing',
  'series_missing',
  'ticket_key_missing',
  'taxes_missing',
  'description_missing',
  'picture_missing',
] as const;
export type MissingCode = (typeof missingCodes)[number];

function named(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** Everything that is still missing, the most important first; an event without one that blocks can be published. */
export function findMissing(event: EventDraft, preparation: Preparation, now: Date): Missing[] {
  const missing: Missing[] = [];
  const ask = (isMissing: boolean, code: MissingCode, message: string, blocks = true) => {
    if (isMissing) missing.push({ code, blocks, message });
  };
  const places = placesOf(event);
  const free = [...preparation.freeCategories, ...preparation.freeZones];
  ask(event.status === 'cancelled', 'event_cancelled', 'The event is cancelled.');
  ask(event.startsAt <= now, 'starts_in_the_past', 'The event begins in the past.');
  ask(event.salesEndAt <= now, 'sale_ends_in_the_past', 'Its sale ends in the past.');
  ask(places === 0, 'seat_plan_missing', 'The event has no seat plan, and so no place to sell.');
  // Whoever has saved a price list means what is free in it.
  ask(
    places > 0 && free.length > 0 && !preparation.hasPriceList,
    'prices_missing',
    `${named(free)} cost nothing so far; save the prices, even where they are to be free.`,
  );
  ask(!preparation.hasSeries, 'series_missing', 'The seller has no series that numbers its sales.');
  ask(!preparation.hasKey, 'ticket_key_missing', 'The seller has no key that signs its tickets.');
  ask(event.salesEndAt > event.startsAt, 'sale_ends_after_start', 'It sells on after it has begun.', false);
  ask(!preparation.hasTaxes, 'taxes_missing', 'No tax applies to the event.', false);
  ask(event.description === null, 'description_missing', 'Nothing describes the event.', false);
  ask(event.look.picture === null, 'picture_missing', 'The event has no picture.', false);
  return missing;
}
