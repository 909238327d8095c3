import type { Rounding } from '../tax/tax-rule.ts';
import { divideRounded } from '../tax/tax.ts';

/** How a rule changes a price: by parts per million of it, by minor units, or to an amount of minor units. */
export type PriceChange =
  | { kind: 'percentage'; /** −200,000 takes 20 % off. */ ppm: number }
  | { kind: 'amount'; amount: number }
  | { kind: 'set'; amount: number };

/** A dearer or cheaper part of a zone: rows by their labels, seats by their numbers, or the whole zone. */
export type PriceModifier = {
  name: string;
  zoneNo: number;
  rows: string[] | null;
  seatNos: number[] | null;
  change: PriceChange;
};

/** A kind of ticket, such as adult or child. A place of no kind named is of the first that its zone sells. */
export type TicketKind = { code: string; name: string; zoneNos: number[] | null; change: PriceChange | null };

/**
 * A time or a number of tickets for which prices are other ones. It ends at `until` or when `quantity` tickets of all
 * zones in its scope have gone, whichever is first; the next stage in the list then goes on with the very next ticket.
 */
export type PriceStage = {
  code: string;
  name: string;
  /** Null: every zone of the event. */
  zoneNos: number[] | null;
  /** Milliseconds since 1970; null where open. */
  from: number | null;
  until: number | null;
  quantity: number | null;
  change: PriceChange;
};

/** What is charged beside the price. An absorbed fee is the seller's cost: the buyer does not pay it. */
export type Fee = {
  name: string;
  per: 'ticket' | 'order';
  /** Minor units, or parts per million of the price after discounts. */
  amount: number | null;
  ratePpm: number | null;
  taxed: boolean;
  /** By which rules, when it is taxed: the ticket's (absent), or those of fees alone. */
  taxedAs?: 'ticket' | 'fee' | undefined;
  absorbed: boolean;
};

/** All that an event's prices are made of, beside those of its categories and zones. */
export type PriceList = {
  modifiers: PriceModifier[];
  ticketKinds: TicketKind[];
  stages: PriceStage[];
  fees: Fee[];
  /** Places in one order, and of one customer over all their orders. */
  orderPlacesMax: number | null;
  customerPlacesMax: number | null;
  /** Rows that are tables: their seats are sold all together or not at all. */
  wholeTables: { zoneNo: number; rows: string[] }[];
  /** Zones that only those see who have one of the codes. */
  hiddenZones: { zoneNo: number; accessCodes: string[] }[];
};

/** What a voucher does: so much off the whole order, a percentage off each line, or a price for each place. */
export type VoucherEffect =
  | { kind: 'amount'; amount: number }
  | { kind: 'percentage'; ppm: number }
  | { kind: 'set_price'; amount: number }
  | { kind: 'access' };

/** A voucher as a quote keeps it. */
export type Voucher = {
  voucherId: number;
  code: string;
  effect: VoucherEffect;
  /** Null: every zone. */
  zoneNos: number[] | null;
};

/** Stock that is kept for the holders of a voucher. */
export type Reservation = {
  voucherId: number;
  seatNos: number[];
  zones: { zoneNo: number; places: number }[];
  /** Milliseconds since 1970. */
  from: number;
  until: number;
};

const million = 1_000_000n;

/** Parts per million of an amount, rounded. Both not negative. */
export function partOf(amount: number, ppm: number, rounding: Rounding): number {
  return Number(divideRounded(BigInt(amount) * BigInt(ppm), million, rounding));
}

/** A price after a change: never below zero. */
export function changePrice(price: number, change: PriceChange, rounding: Rounding): number {
  switch (change.kind) {
    case 'set':
      return change.amount;
    case 'amount':
      return Math.max(0, price + change.amount);
    case 'percentage':
      return partOf(price, Math.max(0, 1_000_000 + change.ppm), rounding);
  }
}

/** What reserves the tickets of a stage with a quantity; one counter for all zones in its scope. */
export function stageCounter(eventId: number, code: string): string {
  return `stage:${eventId}:${code}`;
}

/** Whether a counter is of a price stage. */
export function isStageCounter(counter: string): boolean {
  return counter.startsWith('stage:');
}

/** Whether what a hold has taken of a counter stays with its places when it is quoted anew. */
export function staysWithPlaces(counter: string): boolean {
  return isStageCounter(counter) || counter.startsWith('reserve:');
}

/** What counts the orders that use a voucher, of all customers or of one. */
export function voucherCounter(voucherId: number, customer?: string): string {
  return customer === undefined ? `voucher:${voucherId}` : `voucher:${voucherId}:${customer}`;
}

/** What counts the places of one customer at an event. */
export function customerCounter(eventId: number, customer: string): string {
  return `customer:${eventId}:${customer}`;
}

/** What counts the places taken from a voucher's stock in a general zone. */
export function reserveCounter(voucherId: number, zoneNo: number): string {
  return `reserve:${voucherId}:${zoneNo}`;
}

/** So many of a counter that a cart takes. */
export type Take = {
  counter: string;
  count: number;
  /** The counter never goes above this. */
  limit: number;
  /** The cart wanted more than it takes: it must then take all that is left. */
  exhausts: boolean;
};

/** Places of a general zone that are kept for the holders of a voucher: what the counter has left of the limit. */
export type Keep = { zoneNo: number; counter: string; limit: number };

/** How many places of each stage a cart gets. `stage` is null once no stage is open. */
export type StageShare = { stage: PriceStage | null; quantity: number };

/** Gives tickets to stages. */
export type StageSource = { take(zoneNo: number, seatNo: number | null, quantity: number): StageShare[] };

/**
 * Gives tickets to the stages that are open, in the order of the list, and tells what it took.
 * @param used how many of a counter are gone.
 * @param at milliseconds since 1970.
 */
export function openStages(
  eventId: number,
  stages: readonly PriceStage[],
  used: (counter: string) => number,
  at: number,
): StageSource & { takes(): Take[] } {
  const open = stages.filter(({ from, until }) => (from ?? -Infinity) <= at && at < (until ?? Infinity));
  const taken = new Map<PriceStage, { count: number; exhausts: boolean }>();
  const takeOf = (stage: PriceStage, wanted: number): number => {
    if (stage.quantity === null) return wanted;
    const before = taken.get(stage) ?? { count: 0, exhausts: false };
    const left = stage.quantity - used(stageCounter(eventId, stage.code)) - before.count;
    const count = Math.max(0, Math.min(left, wanted));
    taken.set(stage, { count: before.count + count, exhausts: before.exhausts || count < wanted });
    return count;
  };
  return {
    take(zoneNo, _seatNo, quantity) {
      const shares: StageShare[] = [];
      let rest = quantity;
      for (const stage of open) {
        if (rest === 0) break;
        if (stage.zoneNos && !stage.zoneNos.includes(zoneNo)) continue;
        const count = takeOf(stage, rest);
        if (count > 0) shares.push({ stage, quantity: count });
        rest -= count;
      }
      if (rest > 0) shares.push({ stage: null, quantity: rest });
      return shares;
    },
    takes: () =>
      [...taken].map(([stage, { count, exhausts }]) => ({
        counter: stageCounter(eventId, stage.code),
        count,
        limit: stage.quantity!,
        exhausts,
      })),
  };
}

/**
 * Gives a hold's places the stages that they were held in, whatever has happened since: that price was promised.
 * @param lines of the hold; a stage that the list no longer has is none.
 */
export function heldStages(
  stages: readonly PriceStage[],
  lines: readonly { zoneNo: number; seatNo: number | null; quantity: number; stage?: string | undefined }[],
): StageSource {
  const places = new Map<string, (PriceStage | null)[]>();
  for (const { zoneNo, seatNo, quantity, stage: code } of lines) {
    const stage = stages.find((one) => one.code === code) ?? null;
    const key = `${zoneNo}:${seatNo}`;
    places.set(key, [...(places.get(key) ?? []), ...Array<PriceStage | null>(quantity).fill(stage)]);
  }
  return {
    take(zoneNo, seatNo, quantity) {
      const shares: StageShare[] = [];
      for (const stage of places.get(`${zoneNo}:${seatNo}`)?.splice(0, quantity) ?? []) {
        const last = shares.at(-1);
        if (last?.stage === stage) last.quantity += 1;
        else shares.push({ stage, quantity: 1 });
      }
      return shares;
    },
  };
}
