import { Problem } from '../base/errors.ts';
import { formatFiscalNumber } from '../fiscal/fiscal-number.ts';
import { countNumbers, numberAt, type TillLease } from './till-lease.ts';
import { readLine, writeLine, type TillRecord } from './till-record.ts';

/** A till's file as it was read. */
export type TillFile = {
  lines: string[];
  records: TillRecord[];
  /** The hash of the last line: what the next is chained to. */
  lastHash: string;
  /** How many bytes of it are whole lines. */
  wholeBytes: number;
  /** Whether the till died while it wrote the last line: that sale was not handed out. */
  torn: boolean;
  /** The lines that are not as the till wrote them, counted from 1. */
  damaged: number[];
};

/** Reads a till's file. What stands after the last end of line was not written to its end. */
export function readTillFile(bytes: Buffer): TillFile {
  const wholeBytes = bytes.lastIndexOf(10) + 1;
  const lines = bytes.subarray(0, wholeBytes).toString('utf8').split('\n').slice(0, -1);
  const file: TillFile = {
    lines,
    records: [],
    lastHash: '',
    wholeBytes,
    torn: bytes.length > wholeBytes,
    damaged: [],
  };
  lines.forEach((line, i) => {
    const read = readLine(line, file.lastHash, i + 1);
    file.lastHash = read.hash;
    if (read.ok) file.records.push(read.record);
    else file.damaged.push(i + 1);
  });
  return file;
}

/** A lease that a till has, and whether it still sells from it. */
export type TillStock = { lease: TillLease; codes: string[][]; ended: boolean };

/** What a lease has left. */
export type StockLeft = {
  numbersUsed: number;
  numbersLeft: number;
  seats: TillLease['seats'];
  zones: (TillLease['zones'][number] & { left: number })[];
};

/** What a till has not sold of a lease. */
export function stockLeft({ lease }: TillStock, records: readonly TillRecord[]): StockLeft {
  const own = records.filter((record) => record.lease_id === lease.lease_id);
  const sold = own.flatMap((record) => record.places);
  const seatNos = new Set(sold.map((place) => place.seat_no));
  const standing = (zoneNo: number) =>
    sold.filter((place) => place.seat_no === null && place.zone_no === zoneNo).length;
  return {
    numbersUsed: own.length,
    numbersLeft: countNumbers(lease) - own.length,
    seats: lease.seats.filter((seat) => !seatNos.has(seat.seat_no)),
    zones: lease.zones.map((zone) => ({ ...zone, left: zone.quantity - standing(zone.zone_no) })),
  };
}

/** What somebody at a till asks for. */
export type TillOrder = {
  /** Which lease; null: the first that has all of it. */
  leaseId: string | null;
  seatNos: number[];
  zones: { zoneNo: number; quantity: number }[];
  /** The kind of all its tickets; null: the first that each zone sells. */
  kind: string | null;
  payment: { method: TillRecord['payment']['method']; tendered: number | null; reference: string | null };
  customer: TillRecord['customer'];
};

/** A sale as it is handed out, once it is in the file. */
export type TillSold = { record: TillRecord; fiscalNumber: string; codes: string[]; change: number };

function refuse(message: string): Problem {
  return new Problem('seat_unavailable', message);
}

function placesOf({ lease }: TillStock, left: StockLeft, order: TillOrder): TillRecord['places'] | null {
  const priced = (offered: { zone_no: number; prices: number[] }, seatNo: number | null) => {
    const prices = offered.prices.map((no) => lease.prices[no]!);
    const price = order.kind === null ? prices[0] : prices.find((one) => one.kind === order.kind);
    if (!price) return null;
    return { zone_no: offered.zone_no, seat_no: seatNo, kind: price.kind, total: price.total };
  };
  const seats = order.seatNos.map((no) => {
    const seat = left.seats.find((one) => one.seat_no === no);
    return seat ? priced(seat, no) : null;
  });
  const standing = order.zones.flatMap(({ zoneNo, quantity }) => {
    const zone = left.zones.find((one) => one.zone_no === zoneNo);
    const has = zone !== undefined && zone.left >= quantity;
    return Array.from({ length: quantity }, () => (has ? priced(zone, null) : null));
  });
  const places = [...seats, ...standing];
  return places.every((place) => place !== null) ? places : null;
}

/** The lease that an order can be sold from at an instant. @throws Problem `seat_unavailable` that says why none. */
function chooseStock(
  stocks: readonly TillStock[],
  records: readonly TillRecord[],
  order: TillOrder,
  at: Date,
) {
  const named = stocks.filter(
    ({ lease, ended }) => !ended && (order.leaseId ?? lease.lease_id) === lease.lease_id,
  );
  if (named.length === 0) throw refuse('The till has no such lease to sell from: lease first.');
  const current = named.filter(({ lease }) => at.getTime() <= Date.parse(lease.sells_until));
  if (current.length === 0) throw refuse('The lease has ended: sync, return it, and lease again.');
  const fitting = current.flatMap((stock) => {
    const left = stockLeft(stock, records);
    const places = placesOf(stock, left, order);
    return places ? [{ stock, left, places }] : [];
  });
  if (fitting.length === 0)
    throw refuse('The till has not leased these places in this kind, or has sold them.');
  const numbered = fitting.find(({ left }) => left.numbersLeft > 0);
  if (!numbered) throw refuse('All numbers of the lease are used: lease again.');
  return numbered;
}

/**
 * The next sale of a till, with the line that is to be in its file before anything is handed out.
 * @param at now by the till's clock; a sale is never dated before the one before it.
 * @throws Problem `seat_unavailable`, `order_limit`, `cash_too_little`, `body_invalid`.
 */
export function nextSale(
  file: TillFile,
  stocks: readonly TillStock[],
  order: TillOrder,
  at: Date,
): { line: string; sold: TillSold } {
  const last = file.records.at(-1);
  const instant = last && Date.parse(last.at) > at.getTime() ? new Date(last.at) : at;
  const { stock, left, places } = chooseStock(stocks, file.records, order, instant);
  const { lease, codes } = stock;
  if (places.length > lease.sale_places_max)
    throw new Problem('order_limit', `A sale at a till has at most ${lease.sale_places_max} places.`);
  const total = places.reduce((sum, place) => sum + place.total, 0);
  const { method, tendered, reference } = order.payment;
  if (tendered !== null && tendered < total)
    throw new Problem('cash_too_little', `The total is ${total}; ${tendered} was handed over.`);
  const record: TillRecord = {
    sequence: file.lines.length + 1,
    lease_id: lease.lease_id,
    number: numberAt(lease, left.numbersUsed)!,
    at: instant.toISOString(),
    places,
    currency: lease.currency,
    total,
    payment: { method, amount: total, tendered, reference },
    customer: order.customer,
  };
  const line = writeLine(file.lastHash, record);
  const read = readLine(line, file.lastHash, record.sequence);
  if (!read.ok) throw new Problem('body_invalid', read.detail);
  const { prefix, padding } = lease.series;
  const sold = {
    record,
    fiscalNumber: formatFiscalNumber(prefix, padding, record.number),
    codes: codes[left.numbersUsed]!.slice(0, places.length),
    change: tendered === null ? 0 : tendered - total,
  };
  return { line, sold };
}
