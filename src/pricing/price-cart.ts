import { assert } from '../base/assert.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import type { Rounding } from '../tax/tax-rule.ts';
import { shareOut } from '../tax/tax.ts';
import {
  changePrice,
  partOf,
  type Fee,
  type PriceList,
  type PriceStage,
  type StageSource,
  type TicketKind,
  type Voucher,
} from './price-list.ts';
import type { Cart, PriceStep, QuoteFee } from './quote.ts';

/** A line on its way to a quote: minor units of the whole line, but the unit price. */
export type PricedLine = {
  zoneNo: number;
  seatNo: number | null;
  quantity: number;
  unitPrice: number;
  kind: TicketKind | null;
  stage: PriceStage | null;
  discount: number;
  /** Taxed as the ticket is, by the rules of fees alone, and not at all. */
  taxedFees: number;
  feesApart: number;
  untaxedFees: number;
};

/**
 * The price of a seat in minor units: its zone's own, or else its category's.
 * @throws when the event has no such seat.
 */
export function seatPrice(event: CatalogEvent, seatNo: number): number {
  const zoneNo = event.seats.zoneNo[seatNo - 1];
  assert(zoneNo !== undefined, `seat ${seatNo} is one of the event's`);
  return event.zones[zoneNo - 1]!.price ?? event.categories[event.seats.categoryNo[seatNo - 1]! - 1]!.price;
}

function generalZonePrice(event: CatalogEvent, zoneNo: number): number {
  const zone = event.zones[zoneNo - 1];
  assert(zone?.kind === 'general' && zone.price !== null, `zone ${zoneNo} is a general one of the event's`);
  return zone.price;
}

/**
 * The kind of ticket that a code names in a zone; without a code, the first that the zone sells. Null when the event
 * sells no kinds there.
 */
export function findKind(list: PriceList | null, zoneNo: number, code: string | null): TicketKind | null {
  const sold = list?.ticketKinds.filter(({ zoneNos }) => !zoneNos || zoneNos.includes(zoneNo)) ?? [];
  return (code === null ? sold[0] : sold.find((kind) => kind.code === code)) ?? null;
}

type Place = { zoneNo: number; seatNo: number | null; kind: TicketKind | null; stage: PriceStage | null };
type Note = (step: PriceStep['step'], name: string, amount: number, result: number) => void;

/** The price of a place: the zone's or category's, changed by modifiers, then by its stage, then by its kind. */
function placePrice(event: CatalogEvent, { zoneNo, seatNo, kind, stage }: Place, note?: Note): number {
  const base = seatNo === null ? generalZonePrice(event, zoneNo) : seatPrice(event, seatNo);
  note?.('price', event.zones[zoneNo - 1]!.name, base, base);
  const row = seatNo === null ? null : event.seats.rowLabel[seatNo - 1]!;
  const changes = (event.priceList?.modifiers ?? [])
    .filter(
      (one) =>
        one.zoneNo === zoneNo &&
        (!one.rows || (row !== null && one.rows.includes(row))) &&
        (!one.seatNos || (seatNo !== null && one.seatNos.includes(seatNo))),
    )
    .map(({ name, change }) => ({ step: 'modifier' as const, name, change }));
  const last = [
    ...(stage ? [{ step: 'stage' as const, name: stage.name, change: stage.change }] : []),
    ...(kind?.change ? [{ step: 'ticket_kind' as const, name: kind.name, change: kind.change }] : []),
  ];
  return [...changes, ...last].reduce((price, { step, name, change }) => {
    const changed = changePrice(price, change, event.seller.rounding);
    note?.(step, name, changed - price, changed);
    return changed;
  }, base);
}

/**
 * What a place of a zone costs a buyer who names no kind of ticket, outside of any price stage: minor units.
 * @param seatNo null for a place of a general zone.
 */
export function shownPrice(event: CatalogEvent, zoneNo: number, seatNo: number | null): number {
  return placePrice(event, { zoneNo, seatNo, kind: findKind(event.priceList, zoneNo, null), stage: null });
}

/** The lines of a cart with their prices; places of a zone are parted where their stage changes over. */
export function priceLines(
  event: CatalogEvent,
  cart: Cart,
  stages: StageSource,
  explain?: PriceStep[],
): PricedLine[] {
  const list = event.priceList;
  const lines: PricedLine[] = [];
  const add = (zoneNo: number, seatNo: number | null, wanted: number, code: string | null) => {
    const kind = list && findKind(list, zoneNo, code);
    for (const { stage, quantity } of list
      ? stages.take(zoneNo, seatNo, wanted)
      : [{ stage: null, quantity: wanted }]) {
      const line = lines.length;
      const note: Note | undefined =
        explain && ((step, name, amount, result) => explain.push({ step, name, line, amount, result }));
      const unitPrice = placePrice(event, { zoneNo, seatNo, kind, stage }, note);
      assert(
        Number.isSafeInteger(unitPrice * quantity),
        `the price of ${quantity} × ${unitPrice} is a safe integer`,
      );
      lines.push({
        zoneNo,
        seatNo,
        quantity,
        unitPrice,
        kind,
        stage,
        discount: 0,
        taxedFees: 0,
        feesApart: 0,
        untaxedFees: 0,
      });
    }
  };
  cart.seatNos.forEach((seatNo, i) =>
    add(event.seats.zoneNo[seatNo - 1]!, seatNo, 1, cart.seatKinds?.[i] ?? null),
  );
  for (const { zoneNo, quantity, kind } of cart.zones) add(zoneNo, null, quantity, kind ?? null);
  return lines;
}

const whole = (amount: number) => ({ numerator: BigInt(amount), denominator: 1n });

/** What a voucher takes off its lines: never more than their prices. */
export function discountLines(
  lines: readonly PricedLine[],
  voucher: Voucher,
  rounding: Rounding,
  explain?: PriceStep[],
): void {
  const { effect, zoneNos } = voucher;
  const eligible = lines.filter(({ zoneNo }) => !zoneNos || zoneNos.includes(zoneNo));
  const price = ({ unitPrice, quantity }: PricedLine) => unitPrice * quantity;
  if (effect.kind === 'amount') {
    const all = eligible.reduce((sum, line) => sum + price(line), 0);
    const shares = shareOut(
      BigInt(Math.min(effect.amount, all)),
      eligible.map((line) => whole(price(line))),
    );
    eligible.forEach((line, i) => (line.discount = Number(shares[i]!)));
  }
  for (const line of eligible) {
    if (effect.kind === 'percentage') line.discount = partOf(price(line), effect.ppm, rounding);
    if (effect.kind === 'set_price')
      line.discount = Math.max(0, line.unitPrice - effect.amount) * line.quantity;
    const result = price(line) - line.discount;
    explain?.push({
      step: 'voucher',
      name: voucher.code,
      line: lines.indexOf(line),
      amount: -line.discount,
      result,
    });
  }
}

/** Puts fees on the lines: those of the order are shared out by what the lines cost after discounts. */
export function chargeFees(
  lines: readonly PricedLine[],
  fees: readonly Fee[],
  rounding: Rounding,
  explain?: PriceStep[],
): QuoteFee[] {
  const prices = lines.map((line) => line.unitPrice * line.quantity - line.discount);
  const sum = prices.reduce((total, price) => total + price, 0);
  let charged = sum;
  return fees.map((fee) => {
    const { name, absorbed } = fee;
    const of = (price: number, quantity: number) =>
      fee.amount === null ? partOf(price, fee.ratePpm!, rounding) : fee.amount * quantity;
    const amounts =
      fee.per === 'ticket'
        ? lines.map(({ quantity }, i) => of(prices[i]!, quantity))
        : shareOut(BigInt(of(sum, 1)), prices.map(whole)).map(Number);
    const amount = amounts.reduce((total, one) => total + one, 0);
    if (!absorbed) {
      charged += amount;
      lines.forEach((line, i) => {
        if (!fee.taxed) line.untaxedFees += amounts[i]!;
        else if (fee.taxedAs === 'fee') line.feesApart += amounts[i]!;
        else line.taxedFees += amounts[i]!;
      });
    }
    explain?.push({ step: absorbed ? 'absorbed_fee' : 'fee', name, amount, result: charged });
    return { name, amount, absorbed };
  });
}
