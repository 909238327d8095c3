import type { EventKey } from '../base/ids.ts';
import type { PriceList } from '../pricing/price-list.ts';
import type { EventLook, EventStatus, ZoneKind } from './event.ts';

/** An event as those who make it see it. */
export type EventDraft = EventKey & {
  version: number;
  status: EventStatus;
  name: string;
  description: string | null;
  venueId: number;
  venueName: string;
  timezone: string;
  startsAt: Date;
  salesStartAt: Date;
  salesEndAt: Date;
  currency: string;
  seatPlanId: number | null;
  seatPlanVersion: number | null;
  /** Those that have places. */
  zones: { zoneNo: number; name: string; kind: ZoneKind; capacity: number }[];
  look: EventLook;
};

/** What can be changed of an event without its buyers being told. */
export type DraftChange = Pick<
  EventDraft,
  'name' | 'description' | 'venueId' | 'startsAt' | 'salesStartAt' | 'salesEndAt' | 'look'
>;

/** What is asked before an event may be published, beside what `EventDraft` tells. */
export type Preparation = {
  freeCategories: string[];
  freeZones: string[];
  hasPriceList: boolean;
  hasTaxes: boolean;
  hasSeries: boolean;
  hasKey: boolean;
};

/** A price list for an event that begins so much later: its stages move with it. */
export function shiftStages(list: PriceList, byMilliseconds: number): PriceList {
  const shift = (at: number | null) => (at === null ? null : at + byMilliseconds);
  return {
    ...list,
    stages: list.stages.map((stage) => ({ ...stage, from: shift(stage.from), until: shift(stage.until) })),
  };
}

/** How many places an event has, sold or not. */
export function placesOf({ zones }: EventDraft): number {
  return zones.reduce((sum, { capacity }) => sum + capacity, 0);
}
