import type { EventKey } from '../base/ids.ts';
import type { PlanRule } from '../payments/payment-plan.ts';
import type { PriceList, Reservation } from '../pricing/price-list.ts';
import type { Rounding, RoundingScope, TaxRule } from '../tax/tax-rule.ts';

export type ZoneKind = 'numbered' | 'general';

export type Zone = {
  zoneNo: number;
  name: string;
  kind: ZoneKind;
  /** Minor units; null in a numbered zone whose seats are priced by category. */
  price: number | null;
  capacity: number;
};

export type Category = { categoryNo: number; name: string; color: string; price: number };

/** What a buyer should know of a seat. */
export const seatTraits = ['accessible', 'companion', 'restricted_view'] as const;
export type SeatTrait = (typeof seatTraits)[number];

/** The seats of a plan in columns: index i is the seat with seatNo i + 1. */
export type SeatColumns = {
  count: number;
  zoneNo: Int16Array;
  categoryNo: Int16Array;
  rowNo: Int32Array;
  /** Neighbours of one row differ by 1. */
  position: Int32Array;
  x: Float32Array;
  y: Float32Array;
  rowLabel: string[];
  seatLabel: string[];
  /** What is to be known of seats, by their numbers; of most there is nothing. */
  traits: ReadonlyMap<number, readonly SeatTrait[]>;
  /** The numbers of seats that a later plan left out: blocked for good, and shown no more. */
  retired: ReadonlySet<number>;
};

/**
 * A drawn shape of the plan, all in absolute plan coordinates. (x, y) is a rectangle's upper left corner and
 * the centre of a circle or an ellipse, whose width and height are whole; everything of the shape, its text
 * too, is turned about it by `rotation` degrees clockwise. A text is centred on its own x and y.
 */
export type PlanArea = {
  shape: 'rectangle' | 'circle' | 'ellipse' | 'polygon' | 'text';
  x: number;
  y: number;
  width?: number;
  height?: number;
  radius?: number;
  points?: { x: number; y: number }[];
  color?: string;
  border_color?: string;
  rotation?: number;
  text?: { text: string; size: number; color: string; x: number; y: number };
  /** The general zone that this area stands for. */
  zoneNo?: number;
};

/** How an event looks; a picture is named by its SHA-256 in hexadecimal. */
export type EventLook = { color: string | null; picture: string | null; logo: string | null };

export type EventStatus = 'draft' | 'published' | 'cancelled';

/** An event with all that a process needs to show it, quote it and propose seats; read-only. */
export type CatalogEvent = EventKey & {
  name: string;
  description: string | null;
  seller: {
    name: string;
    legalName: string;
    taxId: string;
    timezone: string;
    rounding: Rounding;
    taxScope: RoundingScope;
  };
  venue: { name: string; address: string | null; timezone: string };
  look: EventLook;
  startsAt: Date;
  currency: string;
  status: EventStatus;
  salesStartAt: Date;
  salesEndAt: Date;
  pricingVersion: number;
  taxVersion: number;
  planVersion: number;
  planSize: { width: number; height: number };
  areas: PlanArea[];
  /** Index i is zone i + 1, and category i + 1. */
  zones: Zone[];
  categories: Category[];
  seats: SeatColumns;
  /** The seller's rules that apply to this event, whatever their dates. */
  taxRules: TaxRule[];
  /** Null: places cost what their zone or category costs, and nothing else applies. */
  priceList: PriceList | null;
  /** Stock that vouchers of this event keep for their holders. */
  reservations: Reservation[];
  /** By which the seller lets buyers pay over time. */
  planRules: PlanRule[];
  /** Whether the price or a limit depends on who buys or how they pay, so that confirm compares it with the hold. */
  bindsBuyer: boolean;
};

/** Whether an event sells at an instant by the process's clock; the database decides again. */
export function isOnSale(event: CatalogEvent, now: Date): boolean {
  return event.status === 'published' && event.salesStartAt <= now && now < event.salesEndAt;
}

/** Whether buyers may see an event at all. */
export function isPublic(event: CatalogEvent): boolean {
  return event.status === 'published';
}
