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
import type { EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import {
  currencySchema,
  eventIdSchema,
  moneySchema,
  object,
  seatIdSchema,
  zoneIdSchema,
} from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import type { PriceChange, PriceList } from './price-list.ts';

export const eventParamsSchema = object({ seller_id: sellerIdSchema, event_id: eventIdSchema });

/**
 * The event that a seller's path names.
 * @throws Problem `event_not_found`, for another seller's too.
 */
export function eventKeyOf(params: { seller_id: number; event_id: string }): EventKey {
  const key = parseEventId(params.event_id);
  if (key?.tenantId === params.seller_id) return key;
  throw new Problem('event_not_found', `This seller has no event ${params.event_id}.`);
}

const nameSchema = Type.String({ minLength: 1, maxLength: limits.priceNameCharsMax, pattern: '\\S' });
const codeSchema = Type.String({
  minLength: 1,
  maxLength: 32,
  pattern: '^[a-z0-9_-]+$',
  examples: ['early'],
});
const rowsSchema = Type.Array(Type.String({ minLength: 1, maxLength: 60 }), {
  minItems: 1,
  maxItems: limits.rowsPerRuleMax,
});
const zoneIdsSchema = Type.Array(zoneIdSchema, { minItems: 1, maxItems: limits.rowsPerRuleMax });
const instantSchema = Type.String({
  maxLength: 40,
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\S+(Z|[+-]\\d\\d:\\d\\d)$',
});

const changeSchema = object({
  kind: Type.Enum(['percentage', 'amount', 'set']),
  value: Type.Integer({
    description:
      'Parts per million of the price (−200000 takes 20 % off), minor units more or less, or the new price',
  }),
});

const feeSchema = object({
  name: nameSchema,
  per: Type.Enum(['ticket', 'order']),
  amount: Type.Optional(moneySchema),
  rate_ppm: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  taxed: Type.Boolean(),
  taxed_as: Type.Optional(
    Type.Enum(['ticket', 'fee'], {
      description: "By the ticket's rules (when absent), or by those that apply to fees alone",
    }),
  ),
  absorbed: Type.Boolean({ description: "The seller's cost: the buyer does not pay it" }),
});

/** An event's prices, as they are read and written. */
export const priceListSchema = object({
  currency: currencySchema,
  categories: Type.Array(object({ name: Type.String({ maxLength: 200 }), price: moneySchema }), {
    maxItems: 500,
  }),
  zones: Type.Array(object({ zone_id: zoneIdSchema, price: Type.Union([moneySchema, Type.Null()]) }), {
    maxItems: 1_000,
    description: "A zone's price stands before those of its seats' categories",
  }),
  modifiers: Type.Array(
    object({
      name: nameSchema,
      zone_id: zoneIdSchema,
      rows: Type.Optional(rowsSchema),
      seat_ids: Type.Optional(Type.Array(seatIdSchema, { minItems: 1, maxItems: limits.seatsPerRuleMax })),
      change: changeSchema,
    }),
    { maxItems: limits.priceModifiersMax },
  ),
  ticket_kinds: Type.Array(
    object({
      code: codeSchema,
      name: nameSchema,
      zone_ids: Type.Optional(zoneIdsSchema),
      change: Type.Optional(changeSchema),
    }),
    { maxItems: limits.ticketKindsMax },
  ),
  stages: Type.Array(
    object({
      code: codeSchema,
      name: nameSchema,
      zone_ids: Type.Optional(zoneIdsSchema),
      from: Type.Optional(instantSchema),
      until: Type.Optional(instantSchema),
      quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
      change: changeSchema,
    }),
    { maxItems: limits.priceStagesMax },
  ),
  fees: Type.Array(feeSchema, { maxItems: limits.feesMax }),
  order_places_max: Type.Union([Type.Integer({ minimum: 1, maximum: limits.placesPerCartMax }), Type.Null()]),
  customer_places_max: Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Null()]),
  whole_tables: Type.Array(object({ zone_id: zoneIdSchema, rows: rowsSchema }), { maxItems: 100 }),
  hidden_zones: Type.Array(
    object({
      zone_id: zoneIdSchema,
      access_codes: Type.Array(Type.String({ minLength: 4, maxLength: limits.voucherCodeCharsMax }), {
        minItems: 1,
        maxItems: limits.accessCodesMax,
      }),
    }),
    { maxItems: 100 },
  ),
});

export const priceListAnswerSchema = object({
  event_id: eventIdSchema,
  pricing_version: Type.Integer(),
  ...priceListSchema.properties,
});

export type PriceListBody = Static<typeof priceListSchema>;

/** What a body writes: the base prices, and the list. */
export type PriceListDraft = {
  categories: { categoryNo: number; price: number }[];
  zones: { zoneNo: number; price: number | null }[];
  list: PriceList;
};

function fault(path: string, message: string): Problem {
  return new Problem('price_list_invalid', message, {
    errors: [{ path, code: 'price_list_invalid', message }],
  });
}

function toChange({ kind, value }: Static<typeof changeSchema>): PriceChange {
  return kind === 'percentage' ? { kind, ppm: value } : { kind, amount: value };
}

function fromChange(change: PriceChange): Static<typeof changeSchema> {
  return { kind: change.kind, value: change.kind === 'percentage' ? change.ppm : change.amount };
}

/** Reads ids and instants of a body against an event. */
function createReader(event: CatalogEvent) {
  const isOwn = (key: EventKey | null) => key?.tenantId === event.tenantId && key.eventId === event.eventId;
  const zone = (id: string, path: string): number => {
    const parsed = parseZoneId(id);
    if (!parsed || !isOwn(parsed) || parsed.no > event.zones.length)
      throw fault(path, `There is no zone ${id} in this event.`);
    return parsed.no;
  };
  return {
    zone,
    zones: (ids: string[] | undefined, path: string) => ids?.map((id, i) => zone(id, `${path}/${i}`)) ?? null,
    seats: (ids: string[] | undefined, zoneNo: number, path: string) =>
      ids?.map((id, i) => {
        const parsed = parseSeatId(id);
        if (!parsed || !isOwn(parsed) || event.seats.zoneNo[parsed.no - 1] !== zoneNo)
          throw fault(`${path}/${i}`, `There is no seat ${id} in this zone.`);
        return parsed.no;
      }) ?? null,
    rows(rows: string[], zoneNo: number, path: string): string[] {
      for (const row of rows) {
        const found = event.seats.rowLabel.some(
          (label, i) => label === row && event.seats.zoneNo[i] === zoneNo,
        );
        if (!found) throw fault(path, `There is no row "${row}" in ${event.zones[zoneNo - 1]!.name}.`);
      }
      return rows;
    },
    instant(text: string | undefined, path: string): number | null {
      const at = text === undefined ? null : Date.parse(text);
      if (at !== null && Number.isNaN(at)) throw fault(path, `"${text}" is no instant.`);
      return at;
    },
    category(name: string, path: string): number {
      const category = event.categories.find((one) => one.name === name);
      if (!category) throw fault(path, `There is no category "${name}" in this event.`);
      return category.categoryNo;
    },
  };
}

function toList(body: PriceListBody, read: ReturnType<typeof createReader>): PriceList {
  return {
    modifiers: body.modifiers.map(({ name, zone_id, rows, seat_ids, change }, i) => {
      const path = `/modifiers/${i}`;
      const zoneNo = read.zone(zone_id, `${path}/zone_id`);
      return {
        name,
        zoneNo,
        rows: rows ? read.rows(rows, zoneNo, `${path}/rows`) : null,
        seatNos: read.seats(seat_ids, zoneNo, `${path}/seat_ids`),
        change: toChange(change),
      };
    }),
    ticketKinds: body.ticket_kinds.map(({ code, name, zone_ids, change }, i) => ({
      code,
      name,
      zoneNos: read.zones(zone_ids, `/ticket_kinds/${i}/zone_ids`),
      change: change ? toChange(change) : null,
    })),
    stages: body.stages.map(({ code, name, zone_ids, from, until, quantity, change }, i) => ({
      code,
      name,
      zoneNos: read.zones(zone_ids, `/stages/${i}/zone_ids`),
      from: read.instant(from, `/stages/${i}/from`),
      until: read.instant(until, `/stages/${i}/until`),
      quantity: quantity ?? null,
      change: toChange(change),
    })),
    fees: body.fees.map(({ name, per, amount, rate_ppm, taxed, taxed_as, absorbed }) => ({
      name,
      per,
      amount: amount ?? null,
      ratePpm: rate_ppm ?? null,
      taxed,
      ...(taxed_as !== undefined && { taxedAs: taxed_as }),
      absorbed,
    })),
    orderPlacesMax: body.order_places_max,
    customerPlacesMax: body.customer_places_max,
    wholeTables: body.whole_tables.map(({ zone_id, rows }, i) => {
      const zoneNo = read.zone(zone_id, `/whole_tables/${i}/zone_id`);
      return { zoneNo, rows: read.rows(rows, zoneNo, `/whole_tables/${i}/rows`) };
    }),
    hiddenZones: body.hidden_zones.map(({ zone_id, access_codes }, i) => ({
      zoneNo: read.zone(zone_id, `/hidden_zones/${i}/zone_id`),
      accessCodes: access_codes,
    })),
  };
}

/**
 * Turns a body into what the event understands.
 * @throws Problem `price_list_invalid` for a zone, seat, row, category or instant that does not exist.
 */
export function toDraft(event: CatalogEvent, body: PriceListBody): PriceListDraft {
  const read = createReader(event);
  return {
    categories: body.categories.map(({ name, price }, i) => ({
      categoryNo: read.category(name, `/categories/${i}/name`),
      price,
    })),
    zones: body.zones.map(({ zone_id, price }, i) => ({
      zoneNo: read.zone(zone_id, `/zones/${i}/zone_id`),
      price,
    })),
    list: toList(body, read),
  };
}

const noList: PriceList = {
  modifiers: [],
  ticketKinds: [],
  stages: [],
  fees: [],
  orderPlacesMax: null,
  customerPlacesMax: null,
  wholeTables: [],
  hiddenZones: [],
};

const instantText = (at: number | null) => (at === null ? undefined : new Date(at).toISOString());

/** An event's prices, as they are written back. */
export function priceListToJson(event: CatalogEvent): Static<typeof priceListAnswerSchema> {
  const list = event.priceList ?? noList;
  const zoneId = (zoneNo: number) => formatZoneId(event, zoneNo);
  const zones = (zoneNos: number[] | null) => zoneNos && { zone_ids: zoneNos.map(zoneId) };
  return {
    event_id: formatEventId(event),
    pricing_version: event.pricingVersion,
    currency: event.currency,
    categories: event.categories.map(({ name, price }) => ({ name, price })),
    zones: event.zones.map(({ zoneNo, price }) => ({ zone_id: zoneId(zoneNo), price })),
    modifiers: list.modifiers.map(({ name, zoneNo, rows, seatNos, change }) => ({
      name,
      zone_id: zoneId(zoneNo),
      ...(rows && { rows }),
      ...(seatNos && { seat_ids: seatNos.map((no) => formatSeatId(event, no)) }),
      change: fromChange(change),
    })),
    ticket_kinds: list.ticketKinds.map(({ code, name, zoneNos, change }) => ({
      code,
      name,
      ...zones(zoneNos),
      ...(change && { change: fromChange(change) }),
    })),
    stages: list.stages.map(({ code, name, zoneNos, from, until, quantity, change }) => ({
      code,
      name,
      ...zones(zoneNos),
      ...(from !== null && { from: instantText(from)! }),
      ...(until !== null && { until: instantText(until)! }),
      ...(quantity !== null && { quantity }),
      change: fromChange(change),
    })),
    fees: list.fees.map(({ name, per, amount, ratePpm, taxed, taxedAs, absorbed }) => ({
      name,
      per,
      ...(amount !== null && { amount }),
      ...(ratePpm !== null && { rate_ppm: ratePpm }),
      taxed,
      ...(taxedAs && { taxed_as: taxedAs }),
      absorbed,
    })),
    order_places_max: list.orderPlacesMax,
    customer_places_max: list.customerPlacesMax,
    whole_tables: list.wholeTables.map(({ zoneNo, rows }) => ({ zone_id: zoneId(zoneNo), rows })),
    hidden_zones: list.hiddenZones.map(({ zoneNo, accessCodes }) => ({
      zone_id: zoneId(zoneNo),
      access_codes: accessCodes,
    })),
  };
}
