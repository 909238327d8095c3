import { createHash } from 'node:crypto';
import { Problem } from '../base/errors.ts';
import { formatSeatId, formatZoneId } from '../base/ids.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { findKind } from './price-cart.ts';
import {
  customerCounter,
  reserveCounter,
  voucherCounter,
  type Keep,
  type Reservation,
  type Take,
  type Voucher,
} from './price-list.ts';
import type { Buyer, Cart, QuoteTerms } from './quote.ts';

/** A voucher with all that decides whether it may be used. Instants in milliseconds since 1970. */
export type VoucherOffer = Voucher & {
  eventId: number | null;
  usesMax: number | null;
  customerUsesMax: number | null;
  validFrom: number;
  validUntil: number;
};

/** What a buyer brings beside the cart. */
export type Wishes = {
  buyer: Buyer | null;
  paymentMethod: string | null;
  voucher: VoucherOffer | null;
  accessCode: string | null;
};

/** Of a cart that comes with nothing. */
export const noWishes: Wishes = { buyer: null, paymentMethod: null, voucher: null, accessCode: null };

// What a counter without a limit may reach: the most that its column holds.
const unlimited = 2_147_483_647;

/** What a customer's purchases are counted by: a digest of the document or, without one, the address. */
export function customerKey(text: string): string {
  const plain = text.includes('@')
    ? text.trim().toLowerCase()
    : text.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
  return createHash('sha256').update(plain).digest('hex').slice(0, 32);
}

const wholeTables = new WeakMap<CatalogEvent, Map<number, number[]>>();

/** The tables that are sold whole: all seats of the table, by each of them. */
export function tablesOf(event: CatalogEvent): Map<number, number[]> {
  let tables = wholeTables.get(event);
  if (tables) return tables;
  tables = new Map();
  const { zoneNo, rowLabel, count } = event.seats;
  for (const table of event.priceList?.wholeTables ?? []) {
    for (const row of table.rows) {
      const seatNos = Array.from({ length: count }, (_, i) => i + 1).filter(
        (no) => zoneNo[no - 1] === table.zoneNo && rowLabel[no - 1] === row,
      );
      for (const no of seatNos) tables.set(no, seatNos);
    }
  }
  wholeTables.set(event, tables);
  return tables;
}

/** The first table sold whole of which some of these seats are and others are not: by one of them, and what is missing. */
export function brokenTable(
  event: CatalogEvent,
  seatNos: readonly number[],
): { seatNo: number; missing: number[] } | null {
  const tables = tablesOf(event);
  for (const seatNo of seatNos) {
    const missing = tables.get(seatNo)?.filter((other) => !seatNos.includes(other)) ?? [];
    if (missing.length > 0) return { seatNo, missing };
  }
  return null;
}

/** Whether a zone is hidden from whoever has not one of its codes. */
function isHidden(event: CatalogEvent, zoneNo: number, accessCode: string | null): boolean {
  const hidden = event.priceList?.hiddenZones.find((one) => one.zoneNo === zoneNo);
  return hidden !== undefined && !(accessCode !== null && hidden.accessCodes.includes(accessCode));
}

/** The zones that are hidden from whoever has this code, or none. */
export function hiddenZones(event: CatalogEvent, accessCode: string | null): number[] {
  const hidden = event.priceList?.hiddenZones ?? [];
  return hidden.map(({ zoneNo }) => zoneNo).filter((zoneNo) => isHidden(event, zoneNo, accessCode));
}

function inForce(event: CatalogEvent, at: number): Reservation[] {
  return event.reservations.filter(({ from, until }) => from <= at && at < until);
}

/** The seats that are not for best available: of tables sold whole, of hidden zones, and kept for vouchers. */
export function seatsApart(event: CatalogEvent, at: number, wishes: Wishes): number[] {
  const hidden = Array.from({ length: event.seats.count }, (_, i) => i + 1).filter((no) =>
    isHidden(event, event.seats.zoneNo[no - 1]!, wishes.accessCode),
  );
  const kept = inForce(event, at)
    .filter(({ voucherId }) => voucherId !== wishes.voucher?.voucherId)
    .flatMap(({ seatNos }) => seatNos);
  return [...tablesOf(event).keys(), ...hidden, ...kept];
}

function refuse(code: ConstructorParameters<typeof Problem>[0], path: string, message: string): Problem {
  return new Problem(code, message, { errors: [{ path, code, message }] });
}

function checkKinds(event: CatalogEvent, cart: Cart): void {
  const check = (zoneNo: number, kind: string | null, path: string) => {
    if (kind === null || findKind(event.priceList, zoneNo, kind)) return;
    const message = `"${event.zones[zoneNo - 1]!.name}" sells no tickets of the kind "${kind}".`;
    throw refuse('ticket_kind_unknown', path, message);
  };
  cart.seatNos.forEach((no, i) =>
    check(event.seats.zoneNo[no - 1]!, cart.seatKinds?.[i] ?? null, '/seat_kinds'),
  );
  cart.zones.forEach(({ zoneNo, kind }, i) => check(zoneNo, kind ?? null, `/zones/${i}/ticket_kind`));
}

/**
 * Refuses a choice of places that the seller's rules do not allow at an instant (milliseconds since 1970).
 * @throws Problem `zone_not_found`, `table_incomplete`, `seat_unavailable`.
 */
export function checkPlaces(event: CatalogEvent, cart: Cart, at: number, wishes: Wishes): void {
  for (const zoneNo of [
    ...cart.seatNos.map((no) => event.seats.zoneNo[no - 1]!),
    ...cart.zones.map((z) => z.zoneNo),
  ]) {
    if (!isHidden(event, zoneNo, wishes.accessCode)) continue;
    throw refuse('zone_not_found', '', `There is no zone ${formatZoneId(event, zoneNo)} in this event.`);
  }
  const broken = brokenTable(event, cart.seatNos);
  if (broken) {
    const { seatNo, missing } = broken;
    const names = missing.map((other) => formatSeatId(event, other)).join(', ');
    const message = `Table ${event.seats.rowLabel[seatNo - 1]} is sold whole: ${names} ${missing.length === 1 ? 'is' : 'are'} missing.`;
    throw refuse('table_incomplete', '/seats', message);
  }
  const foreign = inForce(event, at)
    .filter(({ voucherId }) => voucherId !== wishes.voucher?.voucherId)
    .flatMap(({ seatNos }) => seatNos.filter((no) => cart.seatNos.includes(no)));
  if (foreign.length > 0) {
    const ids = foreign.map((no) => formatSeatId(event, no));
    const message = `Kept for the holders of a voucher: ${ids.join(', ')}.`;
    throw new Problem('seat_unavailable', message, { members: { seat_ids: ids, zone_ids: [] } });
  }
}

/** How many places a cart has. */
export function placesOf(cart: Cart): number {
  return cart.seatNos.length + cart.zones.reduce((sum, zone) => sum + zone.quantity, 0);
}

function checkVoucher(event: CatalogEvent, cart: Cart, at: number, { voucher, buyer }: Wishes): void {
  if (!voucher) return;
  if (voucher.eventId !== null && voucher.eventId !== event.eventId)
    throw refuse('voucher_not_found', '/voucher', `There is no voucher "${voucher.code}" for this event.`);
  if (at < voucher.validFrom || at >= voucher.validUntil)
    throw refuse('voucher_not_valid', '/voucher', `The voucher "${voucher.code}" is not valid at this time.`);
  const zoneNos = [
    ...cart.seatNos.map((no) => event.seats.zoneNo[no - 1]!),
    ...cart.zones.map((zone) => zone.zoneNo),
  ];
  if (voucher.zoneNos && !zoneNos.some((zoneNo) => voucher.zoneNos!.includes(zoneNo))) {
    const message = `The voucher "${voucher.code}" holds for none of the places in this cart.`;
    throw refuse('voucher_not_applicable', '/voucher', message);
  }
  if (voucher.customerUsesMax !== null && !buyer?.key) throw customerRequired();
}

function customerRequired(): Problem {
  const message =
    'How much one customer may buy is limited here: give the document or e-mail address of the buyer.';
  return refuse('customer_required', '/customer', message);
}

/**
 * Refuses what the seller's rules do not allow in a cart at an instant (milliseconds since 1970).
 * @throws Problem `zone_not_found`, `table_incomplete`, `seat_unavailable`, and what `checkTerms` refuses.
 */
export function checkCart(event: CatalogEvent, cart: Cart, at: number, wishes: Wishes): void {
  checkPlaces(event, cart, at, wishes);
  checkTerms(event, cart, at, wishes);
}

/**
 * Refuses what the seller's rules do not allow beside the choice of places.
 * @throws Problem `ticket_kind_unknown`, `order_limit`, `customer_required`, `voucher_not_found`, `voucher_not_valid`,
 * `voucher_not_applicable`.
 */
export function checkTerms(event: CatalogEvent, cart: Cart, at: number, wishes: Wishes): void {
  checkKinds(event, cart);
  checkVoucher(event, cart, at, wishes);
  const { orderPlacesMax = null, customerPlacesMax = null } = event.priceList ?? {};
  if (orderPlacesMax !== null && placesOf(cart) > orderPlacesMax) {
    const message = `An order has at most ${orderPlacesMax} places here; this one has ${placesOf(cart)}.`;
    throw refuse('order_limit', '', message);
  }
  if (customerPlacesMax !== null && !wishes.buyer?.key) throw customerRequired();
}

/** What a cart takes of counters beside the stages' tickets: of its voucher, its customer, and the voucher's stock. */
export function takesOf(event: CatalogEvent, cart: Cart, at: number, { voucher, buyer }: Wishes): Take[] {
  const take = (counter: string, count: number, limit: number | null): Take => ({
    counter,
    count,
    limit: limit ?? unlimited,
    exhausts: false,
  });
  const takes: Take[] = [];
  if (voucher) {
    takes.push(take(voucherCounter(voucher.voucherId), 1, voucher.usesMax));
    if (voucher.customerUsesMax !== null && buyer?.key)
      takes.push(take(voucherCounter(voucher.voucherId, buyer.key), 1, voucher.customerUsesMax));
    for (const { zoneNo, places } of reservedZones(event, at, (id) => id === voucher.voucherId)) {
      const count = cart.zones.reduce((sum, zone) => (zone.zoneNo === zoneNo ? sum + zone.quantity : sum), 0);
      if (count > 0) takes.push(take(reserveCounter(voucher.voucherId, zoneNo), count, places));
    }
  }
  const { customerPlacesMax = null } = event.priceList ?? {};
  if (customerPlacesMax !== null && buyer?.key)
    takes.push(take(customerCounter(event.eventId, buyer.key), placesOf(cart), customerPlacesMax));
  return takes;
}

function reservedZones(event: CatalogEvent, at: number, whose: (voucherId: number) => boolean) {
  return inForce(event, at)
    .filter(({ voucherId }) => whose(voucherId))
    .flatMap(({ voucherId, zones }) => zones.map((zone) => ({ ...zone, voucherId })));
}

/** What a cart must leave alone in its general zones, for the holders of other vouchers. */
export function keepsOf(event: CatalogEvent, cart: Cart, at: number, { voucher }: Wishes): Keep[] {
  return reservedZones(event, at, (id) => id !== voucher?.voucherId)
    .filter(({ zoneNo }) => cart.zones.some((zone) => zone.zoneNo === zoneNo))
    .map(({ zoneNo, voucherId, places }) => ({
      zoneNo,
      counter: reserveCounter(voucherId, zoneNo),
      limit: places,
    }));
}

/** The refusal of a counter that has no room; null for a price stage, whose end only changes the price. */
export function counterProblem(counter: string): Problem | null {
  const [kind, , customer] = counter.split(':');
  if (kind === 'stage') return null;
  if (kind === 'customer') {
    const message = 'This customer has as many places of the event as one may buy.';
    return refuse('customer_limit', '/customer', message);
  }
  if (kind === 'reserve')
    return refuse(
      'voucher_used_up',
      '/voucher',
      'Not as many places are left of those kept for this voucher.',
    );
  if (customer !== undefined)
    return refuse(
      'voucher_customer_limit',
      '/voucher',
      'This customer has used the voucher as often as one may.',
    );
  return refuse('voucher_used_up', '/voucher', 'The voucher has been used as often as it can be.');
}

/** Whether what is left of a counter is what the take was made from. */
export function fits(take: Take, used: number): boolean {
  const left = Math.max(0, take.limit - used);
  return take.count <= left && (!take.exhausts || take.count === left);
}

/** Whether whoever confirms a hold is who it was placed for: by document or by address. */
export function isSameBuyer(
  terms: QuoteTerms | undefined,
  customer: { document?: string; email?: string },
): boolean {
  const key = terms?.buyer?.key ?? null;
  if (key === null) return true;
  return [customer.document, customer.email].some((text) => text !== undefined && customerKey(text) === key);
}
