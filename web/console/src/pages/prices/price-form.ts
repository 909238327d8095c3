import type { Fee, PriceChange, PriceList, Stage, TicketKind } from './contract.ts';

/** A change as people type it: percent, or an amount in major units. */
export type ChangeFields = { kind: 'none' | PriceChange['kind']; value: string };
export type StageFields = {
  code: string;
  name: string;
  from: string;
  until: string;
  quantity: string;
  change: ChangeFields;
};
type KindFields = { code: string; name: string; change: ChangeFields };
type FeeFields = {
  name: string;
  per: 'ticket' | 'order';
  kind: 'amount' | 'rate';
  value: string;
  taxed: boolean;
  absorbed: boolean;
};

/** A price list as the form holds it: amounts as texts, times by the venue's clock. */
type PriceFields = {
  categories: { name: string; price: string }[];
  zones: { zone_id: string; price: string }[];
  kinds: KindFields[];
  stages: StageFields[];
  fees: FeeFields[];
  orderMax: string;
  customerMax: string;
};

/** How amounts and times are read and written. */
export type Notation = {
  plain: (minor: number) => string;
  parse: (typed: string) => number | null;
  toLocal: (instant: string) => string;
  /** An instant of a time by the venue's clock. */
  toInstant: (local: string) => string;
};

const ppmPerPercent = 10_000;

function changeToFields(change: PriceChange | undefined, { plain }: Notation): ChangeFields {
  if (!change) return { kind: 'none', value: '' };
  const { kind, value } = change;
  if (kind === 'percentage') return { kind, value: String(value / ppmPerPercent) };
  return { kind, value: value < 0 ? `-${plain(-value)}` : plain(value) };
}

/** A number as people type it, with a comma or a point; NaN for none. */
export function typedNumber(text: string): number {
  const plain = text.trim().replace(',', '.');
  return plain === '' ? Number.NaN : Number(plain);
}

type Faults = Record<string, true>;

/** Reads a list's fields, and notes under which name something cannot be read. */
class FieldReader {
  readonly faults: Faults = {};
  readonly #notation: Notation;

  constructor(notation: Notation) {
    this.#notation = notation;
  }

  money(typed: string, name: string): number {
    const sign = typed.trim().startsWith('-') ? -1 : 1;
    const minor = this.#notation.parse(typed.trim().replace(/^-/, ''));
    if (minor === null) this.faults[name] = true;
    return sign * (minor ?? 0);
  }

  whole(typed: string, name: string): number {
    const value = typedNumber(typed);
    if (!Number.isInteger(value) || value < 1) this.faults[name] = true;
    return value;
  }

  ppm(typed: string, name: string): number {
    const ppm = Math.round(typedNumber(typed) * ppmPerPercent);
    if (!Number.isFinite(ppm)) this.faults[name] = true;
    return ppm;
  }

  change({ kind, value }: ChangeFields, name: string): PriceChange | undefined {
    if (kind === 'none') return undefined;
    return { kind, value: kind === 'percentage' ? this.ppm(value, name) : this.money(value, name) };
  }

  instant(local: string): string {
    return this.#notation.toInstant(local);
  }
}

/** The fields of a price list. */
export function toFields(list: PriceList, notation: Notation): PriceFields {
  const { plain, toLocal } = notation;
  return {
    categories: list.categories.map(({ name, price }) => ({ name, price: plain(price) })),
    zones: list.zones.map(({ zone_id, price }) => ({ zone_id, price: price === null ? '' : plain(price) })),
    kinds: list.ticket_kinds.map(({ code, name, change }) => ({
      code,
      name,
      change: changeToFields(change, notation),
    })),
    stages: list.stages.map(({ code, name, from, until, quantity, change }) => ({
      code,
      name,
      from: from === undefined ? '' : toLocal(from),
      until: until === undefined ? '' : toLocal(until),
      quantity: quantity === undefined ? '' : String(quantity),
      change: changeToFields(change, notation),
    })),
    fees: list.fees.map(({ name, per, amount, rate_ppm, taxed, absorbed }) => ({
      name,
      per,
      kind: amount === undefined ? 'rate' : 'amount',
      value: amount === undefined ? String((rate_ppm ?? 0) / ppmPerPercent) : plain(amount),
      taxed,
      absorbed,
    })),
    orderMax: list.order_places_max === null ? '' : String(list.order_places_max),
    customerMax: list.customer_places_max === null ? '' : String(list.customer_places_max),
  };
}

function readStage(stage: StageFields, known: Stage | undefined, read: FieldReader, at: string): Stage {
  const zones = known?.code === stage.code && known.zone_ids ? { zone_ids: known.zone_ids } : {};
  return {
    code: stage.code.trim(),
    name: stage.name.trim(),
    ...zones,
    ...(stage.from && { from: read.instant(stage.from) }),
    ...(stage.until && { until: read.instant(stage.until) }),
    ...(stage.quantity.trim() && { quantity: read.whole(stage.quantity, `${at}.quantity`) }),
    change: read.change(stage.change, `${at}.change`) ?? { kind: 'percentage', value: 0 },
  };
}

function readKind(
  kind: KindFields,
  known: TicketKind | undefined,
  read: FieldReader,
  at: string,
): TicketKind {
  const zones = known?.code === kind.code && known.zone_ids ? { zone_ids: known.zone_ids } : {};
  const change = read.change(kind.change, `${at}.change`);
  return { code: kind.code.trim(), name: kind.name.trim(), ...zones, ...(change && { change }) };
}

function readFee({ kind, value, ...fee }: FeeFields, read: FieldReader, at: string): Fee {
  return kind === 'amount'
    ? { ...fee, amount: read.money(value, at) }
    : { ...fee, rate_ppm: read.ppm(value, at) };
}

/**
 * The price list that fields say, made from the one that was read.
 * @returns it, or the names of the fields that cannot be read.
 */
export function toPriceList(
  fields: PriceFields,
  from: PriceList,
  notation: Notation,
): { list: PriceList } | { faults: string[] } {
  const read = new FieldReader(notation);
  const list: PriceList = {
    ...from,
    categories: fields.categories.map(({ name, price }, i) => ({
      name,
      price: read.money(price, `categories.${i}.price`),
    })),
    zones: fields.zones.map(({ zone_id, price }, i) => ({
      zone_id,
      price: price.trim() === '' ? null : read.money(price, `zones.${i}.price`),
    })),
    ticket_kinds: fields.kinds.map((kind, i) =>
      readKind(
        kind,
        from.ticket_kinds.find((one) => one.code === kind.code),
        read,
        `kinds.${i}`,
      ),
    ),
    stages: fields.stages.map((stage, i) =>
      readStage(
        stage,
        from.stages.find((one) => one.code === stage.code),
        read,
        `stages.${i}`,
      ),
    ),
    fees: fields.fees.map((fee, i) => readFee(fee, read, `fees.${i}.value`)),
    order_places_max: fields.orderMax.trim() === '' ? null : read.whole(fields.orderMax, 'orderMax'),
    customer_places_max:
      fields.customerMax.trim() === '' ? null : read.whole(fields.customerMax, 'customerMax'),
  };
  const faults = Object.keys(read.faults);
  return faults.length > 0 ? { faults } : { list };
}

/** A code of a name, as the API takes it: `Preventa 2` is `preventa_2`. */
export function codeOf(name: string, taken: readonly string[]): string {
  const plain = name.normalize('NFD').replaceAll(/[\u0300-\u036f]/g, '');
  const base =
    plain
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_|_$/g, '')
      .slice(0, 28) || 'x';
  let code = base;
  for (let n = 2; taken.includes(code); n += 1) code = `${base}_${n}`;
  return code;
}
