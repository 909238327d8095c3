import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { holdsCardNumber } from '../base/card-number.ts';
import { formatUuid } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { counterMethods } from '../payments/payment.ts';
import type { TillLease, TillPrice } from './till-lease.ts';

const closed = { additionalProperties: false };
const amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const words = (max: number) => Type.String({ minLength: 1, maxLength: max, pattern: '\\S' });

const recordSchema = Type.Object(
  {
    sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    lease_id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
    number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    at: Type.String({ pattern: '^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' }),
    places: Type.Array(
      Type.Object(
        {
          zone_no: Type.Integer({ minimum: 1, maximum: 32_767 }),
          seat_no: Type.Union([Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), Type.Null()]),
          kind: Type.Union([words(limits.priceNameCharsMax), Type.Null()]),
          total: amount,
        },
        closed,
      ),
      { minItems: 1, maxItems: limits.tillSalePlacesMax },
    ),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    total: amount,
    payment: Type.Object(
      {
        method: Type.Enum([...counterMethods]),
        amount,
        tendered: Type.Union([amount, Type.Null()]),
        reference: Type.Union([words(limits.paymentReferenceCharsMax), Type.Null()]),
      },
      closed,
    ),
    customer: Type.Object(
      {
        name: words(limits.customerNameCharsMax),
        email: Type.Union([words(limits.customerEmailCharsMax), Type.Null()]),
        phone: Type.Union([words(limits.customerPhoneCharsMax), Type.Null()]),
        document: Type.Union([words(limits.customerDocumentCharsMax), Type.Null()]),
        locale: Type.Enum(['es', 'en']),
      },
      closed,
    ),
  },
  closed,
);

/** A sale as a till writes it into its file: what was printed. */
export type TillRecord = Static<typeof recordSchema>;

/** A line of a till's file: the hash of the line before and of this record, then the record. */
export type ReadLine =
  | { ok: true; hash: string; record: TillRecord }
  | {
      ok: false;
      /** What the next line is chained to all the same. */
      hash: string;
      detail: string;
    };

function hashOf(previous: string, json: string): string {
  return createHash('sha256').update(`${previous}\n${json}`).digest('hex');
}

/** Writes a record as the line that follows one of that hash; without its end of line. */
export function writeLine(previous: string, record: TillRecord): string {
  const json = JSON.stringify(record);
  return `${hashOf(previous, json)} ${json}`;
}

function isSafe(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed() && !holdsCardNumber(value);
}

function textsOf({ customer, payment, places }: TillRecord): string[] {
  const kinds = places.map((place) => place.kind);
  return [...Object.values(customer), payment.reference, ...kinds].filter((one) => one !== null);
}

/** What is wrong with a record that its hash belongs to; null when nothing. */
function faultOf(value: unknown, sequence: number): string | null {
  if (!Value.Check(recordSchema, value)) {
    const [first] = Value.Errors(recordSchema, value);
    return `The record is not laid out as a sale is: ${first?.instancePath || '/'} ${first?.message ?? ''}.`;
  }
  if (value.sequence !== sequence) return `The record says that it is number ${value.sequence} of its file.`;
  if (Number.isNaN(Date.parse(value.at))) return 'The record was written at no instant.';
  if (!textsOf(value).every(isSafe)) return 'A text of the record cannot be kept.';
  return null;
}

/**
 * Reads the line of a till's file at its place.
 * @param previous the hash of the line before; empty for the first.
 */
export function readLine(line: string, previous: string, sequence: number): ReadLine {
  const match = /^([0-9a-f]{64}) (\{.*\})$/s.exec(line);
  if (!match)
    return { ok: false, hash: hashOf(previous, line), detail: 'The line is not laid out as one is.' };
  const [, hash, json] = match as unknown as [string, string, string];
  if (hash !== hashOf(previous, json))
    return { ok: false, hash, detail: 'The hash does not belong to the record and the line before it.' };
  let record: unknown;
  try {
    record = JSON.parse(json);
  } catch {
    return { ok: false, hash, detail: 'The record is no JSON.' };
  }
  const detail = faultOf(record, sequence);
  return detail === null ? { ok: true, hash, record: record as TillRecord } : { ok: false, hash, detail };
}

/** Why something did not go as the till believed; the order is the one of SQL's `till_conflict_kind`. */
export const conflictKinds = [
  'record_tampered',
  'record_failed',
  'sequence_reused',
  'lease_unknown',
  'lease_expired',
  'number_not_in_block',
  'number_reused',
  'number_skipped',
  'price_unknown',
  'sum_wrong',
  'place_taken',
  'clock_wrong',
] as const;
export type ConflictKind = (typeof conflictKinds)[number];

/** How people settle a conflict. */
export const resolutions = ['honoured', 'reseated', 'refunded', 'voided', 'dismissed'] as const;
export type Resolution = (typeof resolutions)[number];

export type Conflict = { kind: ConflictKind; detail: string };

/** A place of a sale with the amounts that its lease gives it. */
export type SoldPlace = { zoneNo: number; seatNo: number | null; price: TillPrice };

function priceOf(lease: TillLease, place: TillRecord['places'][number]): TillPrice | undefined {
  const offered =
    place.seat_no === null
      ? lease.zones.find((zone) => zone.zone_no === place.zone_no)
      : lease.seats.find((seat) => seat.seat_no === place.seat_no && seat.zone_no === place.zone_no);
  return offered?.prices.map((no) => lease.prices[no]!).find((price) => price.kind === place.kind);
}

function nameOf({ zone_no, seat_no }: TillRecord['places'][number]): string {
  return seat_no === null ? `a place of zone ${zone_no}` : `seat ${seat_no}`;
}

/**
 * What a lease makes of a sale: its places with all their amounts.
 * @returns the conflict when the sum that was printed is not one that the lease gives: then no document can be made of it.
 */
export function priceSale(
  record: TillRecord,
  lease: TillLease,
): { places: SoldPlace[] } | { conflict: Conflict } {
  const places: SoldPlace[] = [];
  for (const place of record.places) {
    const price = priceOf(lease, place);
    if (!price || price.total !== place.total) {
      const known = price ? `costs ${price.total}` : 'has no price';
      const detail = `In the lease, ${nameOf(place)} of the kind ${place.kind ?? '(none)'} ${known}; ${place.total} was printed.`;
      return { conflict: { kind: 'price_unknown', detail } };
    }
    places.push({ zoneNo: place.zone_no, seatNo: place.seat_no, price });
  }
  const sum = places.reduce((total, { price }) => total + price.total, 0);
  const { total, payment, currency } = record;
  const enough = payment.tendered === null || payment.tendered >= payment.amount;
  if (total !== sum || payment.amount !== total || !enough || currency !== lease.currency) {
    const detail = `The places cost ${sum} ${lease.currency}; ${total} ${currency} was printed and ${payment.amount} paid.`;
    return { conflict: { kind: 'sum_wrong', detail } };
  }
  return { places };
}

/** What the instant that was printed says against a sale; null when nothing. @param now and leased instants in milliseconds. */
export function judgeInstant(record: TillRecord, lease: TillLease, now: number): Conflict | null {
  const at = Date.parse(record.at);
  const slack = limits.tillClockSecondsMax * 1_000;
  if (at > Date.parse(lease.sells_until))
    return {
      kind: 'lease_expired',
      detail: `It was sold at ${record.at}; the lease ended at ${lease.sells_until}.`,
    };
  if (at > now + slack || at < Date.parse(lease.leased_at) - slack)
    return { kind: 'clock_wrong', detail: `It says that it was sold at ${record.at}.` };
  return null;
}

/** The stored form of an idempotency key or a body: 16 bytes of SHA-256, written as a UUID. */
export function digestOf(text: string): string {
  return formatUuid(createHash('sha256').update(text).digest().subarray(0, 16));
}
