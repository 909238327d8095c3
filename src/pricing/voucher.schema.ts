import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import {
  formatEventId,
  formatSeatId,
  formatZoneId,
  parseEventId,
  parseSeatId,
  parseZoneId,
} from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { currencySchema, eventIdSchema, object, seatIdSchema, zoneIdSchema } from '../http/schemas.ts';
import type { NewVoucher } from './voucher-edit.store.ts';
import type { VoucherRow } from './voucher.store.ts';

const instantSchema = Type.String({
  maxLength: 40,
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\S+(Z|[+-]\\d\\d:\\d\\d)$',
});
const usesSchema = Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Null()]);

const changeable = {
  uses_max: Type.Optional(usesSchema),
  customer_uses_max: Type.Optional(usesSchema),
  valid_from: Type.Optional(instantSchema),
  valid_until: Type.Optional(instantSchema),
};

export const voucherChangeSchema = object(changeable, { minProperties: 1 });

export const newVoucherSchema = object({
  code: Type.String({ minLength: 3, maxLength: limits.voucherCodeCharsMax, pattern: '^[A-Za-z0-9_-]+$' }),
  event_id: Type.Optional(eventIdSchema),
  effect: Type.Enum(['amount', 'percentage', 'set_price', 'access']),
  value: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'Minor units off the order, parts per million off each line, or the price of each place',
    }),
  ),
  currency: currencySchema,
  zone_ids: Type.Optional(Type.Array(zoneIdSchema, { minItems: 1, maxItems: limits.rowsPerRuleMax })),
  ...changeable,
  reserved_seats: Type.Optional(Type.Array(seatIdSchema, { maxItems: limits.seatsPerRuleMax })),
  reserved_places: Type.Optional(
    Type.Array(object({ zone_id: zoneIdSchema, places: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }), {
      maxItems: 100,
      description: 'Places of general zones that are kept for the holders',
    }),
  ),
});

export const voucherSchema = object({
  id: Type.Integer(),
  ...newVoucherSchema.properties,
  value: Type.Integer(),
  used: Type.Integer({ description: 'Orders, those on hold too' }),
});

export type NewVoucherBody = Static<typeof newVoucherSchema>;

function refuse(
  code: 'body_invalid' | 'amount_out_of_range' | 'currency_mismatch',
  path: string,
  message: string,
) {
  return new Problem(code, message, { errors: [{ path, code, message }] });
}

/** An instant of a body. @throws Problem `body_invalid` for a text that is none. */
export function readInstant(text: string | undefined, absent: number, path: string): number {
  if (text === undefined) return absent;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw refuse('body_invalid', path, `"${text}" is no instant.`);
  return at;
}

/** @throws Problem `body_invalid` when it ends before it begins. */
export function checkPeriod(from: number, until: number): void {
  if (from >= until) throw refuse('body_invalid', '/valid_until', 'It would end before it begins.');
}

function checkValue({ effect, value }: NewVoucherBody): number {
  const amount = value ?? 0;
  if (effect === 'percentage' && (amount < 1 || amount > 1_000_000))
    throw refuse(
      'amount_out_of_range',
      '/value',
      'A percentage is between 1 and 1,000,000 parts per million.',
    );
  if (amount > limits.amountMax)
    throw refuse('amount_out_of_range', '/value', `An amount has at most ${limits.amountMax} minor units.`);
  if (effect === 'amount' && amount === 0)
    throw refuse(
      'amount_out_of_range',
      '/value',
      'A voucher of an amount takes at least one minor unit off.',
    );
  return amount;
}

/** The number in an id of the event, or a refusal. */
function createReader(event: CatalogEvent | null) {
  return (
    parsed: { tenantId: number; eventId: number; no: number } | null,
    max: number,
    id: string,
    path: string,
  ) => {
    const own = event && parsed?.tenantId === event.tenantId && parsed.eventId === event.eventId;
    if (!own || parsed.no > max)
      throw refuse('body_invalid', path, `${id} is not in the event of the voucher: give its event_id, too.`);
    return parsed.no;
  };
}

/**
 * Turns a body into what is written.
 * @param event the one that the body names, or null.
 * @param currency of that event, or of the seller.
 * @throws Problem `body_invalid`, `amount_out_of_range`, `currency_mismatch`.
 */
export function toNewVoucher(body: NewVoucherBody, event: CatalogEvent | null, currency: string): NewVoucher {
  if (body.currency !== currency)
    throw refuse(
      'currency_mismatch',
      '/currency',
      `Prices here are in ${currency}, not in ${body.currency}.`,
    );
  const number = createReader(event);
  const zone = (id: string, path: string) => number(parseZoneId(id), event?.zones.length ?? 0, id, path);
  const validFrom = readInstant(body.valid_from, -Infinity, '/valid_from');
  const validUntil = readInstant(body.valid_until, Infinity, '/valid_until');
  checkPeriod(validFrom, validUntil);
  return {
    code: body.code.toUpperCase(),
    eventId: event?.eventId ?? null,
    effect: body.effect,
    value: checkValue(body),
    currency,
    zoneNos: body.zone_ids?.map((id, i) => zone(id, `/zone_ids/${i}`)) ?? null,
    usesMax: body.uses_max ?? null,
    customerUsesMax: body.customer_uses_max ?? null,
    validFrom,
    validUntil,
    seatNos: (body.reserved_seats ?? []).map((id, i) =>
      number(parseSeatId(id), event?.seats.count ?? 0, id, `/reserved_seats/${i}`),
    ),
    places: (body.reserved_places ?? []).map(({ zone_id, places }, i) => {
      const path = `/reserved_places/${i}/zone_id`;
      const zoneNo = zone(zone_id, path);
      if (event!.zones[zoneNo - 1]!.kind !== 'general')
        throw refuse(
          'body_invalid',
          path,
          'The seats of this zone are numbered: name them in reserved_seats.',
        );
      return { zoneNo, places };
    }),
  };
}

/** The event that a body names by its id. @throws Problem `event_not_found`. */
export function namedEvent(tenantId: number, id: string | undefined) {
  if (id === undefined) return null;
  const key = parseEventId(id);
  if (key?.tenantId === tenantId) return key;
  throw new Problem('event_not_found', `This seller has no event ${id}.`);
}

/** A voucher as its seller sees it. */
export function voucherToJson(tenantId: number, row: VoucherRow): Static<typeof voucherSchema> {
  const event = row.event_id === null ? null : { tenantId, eventId: row.event_id };
  return {
    id: row.voucher_id,
    code: row.code,
    ...(event && { event_id: formatEventId(event) }),
    effect: row.effect,
    value: row.value,
    currency: row.currency,
    ...(event && row.zone_nos && { zone_ids: row.zone_nos.map((no) => formatZoneId(event, no)) }),
    uses_max: row.uses_max,
    customer_uses_max: row.customer_uses_max,
    ...(Number.isFinite(row.from_ms) && { valid_from: new Date(row.from_ms).toISOString() }),
    ...(Number.isFinite(row.until_ms) && { valid_until: new Date(row.until_ms).toISOString() }),
    reserved_seats: event ? row.reserved_seats.map((no) => formatSeatId(event, no)) : [],
    reserved_places: event
      ? row.reserved_zones.map((no, i) => ({
          zone_id: formatZoneId(event, no),
          places: row.reserved_places[i]!,
        }))
      : [],
    used: row.used,
  };
}
