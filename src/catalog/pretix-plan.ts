import { readPretixArea } from './pretix-area.ts';
import type { PlanArea } from './event.ts';
import { JsonReader, jsonRoot, type JsonObject, type Point } from './plan-json.ts';
import { orderAlongRow } from './plan-rows.ts';
import {
  dropUnusedCategories,
  fitCanvas,
  guidOf,
  type Plan,
  type PlanCategory,
  type PlanRow,
  type PlanSeat,
  type PlanZone,
} from './plan.ts';

/** What pretix draws where a file gives no colour. */
const defaultColor = '#888888';

/** Half of a seat, as pretix draws it: how near the edge of the canvas a seat may stand. */
const margin = 10;

export type PretixOptions = {
  /** Gives a seat whose guid another seat has already one of its own, instead of refusing the plan. */
  renameDuplicateGuids?: boolean;
};

class PretixReader {
  readonly #json: JsonReader;
  readonly #options: PretixOptions;
  readonly #categories = new Map<string, number>();
  /** Where each guid was first seen, so that a second one can name both. */
  readonly #guids = new Map<string, string>();
  readonly #areas: PlanArea[] = [];

  constructor(json: JsonReader, options: PretixOptions) {
    this.#json = json;
    this.#options = options;
  }

  read(root: JsonObject, at: string): Plan {
    const json = this.#json;
    const name = json.optionalText(root, 'name', at) ?? '';
    const categories = json.objects(root, 'categories', at, (one, path) => this.#readCategory(one, path));
    const zones = json.objects(root, 'zones', at, (one, path, index) => this.#readZone(one, path, index));
    const seated = zones.filter((zone) => zone.kind === 'numbered' && zone.rows.length > 0);
    const size = this.#readSize(root, at);
    return { name, size, categories, zones: this.#withUniqueNames(seated), areas: this.#areas };
  }

  #readSize(root: JsonObject, at: string): Plan['size'] {
    const size = this.#json.optionalObject(root, 'size', at);
    const of = (key: string) => (size ? (this.#json.optionalNumber(size, key, `${at}size`) ?? 0) : 0);
    return { width: of('width'), height: of('height') };
  }

  #readCategory(one: JsonObject, at: string): PlanCategory {
    const name = this.#json.text(one, 'name', at);
    if (this.#categories.has(name)) this.#json.problem(`${at}.name`, `the category "${name}" stands twice`);
    this.#categories.set(name, this.#categories.size);
    return { name, color: this.#json.color(one, 'color', at) ?? defaultColor };
  }

  /** Zones drawn without a seat give only their areas: pretix knows no general admission. */
  #readZone(one: JsonObject, at: string, index: number): PlanZone {
    const json = this.#json;
    const id = json.optionalText(one, 'zone_id', at);
    const name = json.optionalText(one, 'name', at)?.trim() || id || `Zone ${index + 1}`;
    const origin = json.optionalPoint(one, 'position', at) ?? { x: 0, y: 0 };
    if (Object.hasOwn(one, 'areas')) {
      const areas = json.objects(one, 'areas', at, (area, path) => readPretixArea(json, area, path, origin));
      for (const area of areas) if (area) this.#areas.push(area);
    }
    const rows = json.objects(one, 'rows', at, (row, path) => this.#readRow(row, path, origin, id ?? name));
    return { kind: 'numbered', name, rows };
  }

  #readRow(one: JsonObject, at: string, zoneOrigin: Point, zoneId: string): PlanRow {
    const json = this.#json;
    const number = json.optionalText(one, 'row_number', at)?.trim() ?? '';
    const label = number || (json.optionalText(one, 'row_label', at)?.replaceAll('%s', '').trim() ?? '');
    const offset = json.optionalPoint(one, 'position', at) ?? { x: 0, y: 0 };
    const origin = { x: zoneOrigin.x + offset.x, y: zoneOrigin.y + offset.y };
    const seats = json.objects(one, 'seats', at, (seat, path) =>
      this.#readSeat(seat, path, origin, zoneId, label),
    );
    if (Array.isArray(one['seats']) && seats.length === 0)
      json.problem(at, `the row "${label}" has no seats`);
    const ordered = orderAlongRow(seats);
    const labelled = json.optionalText(one, 'row_number_position', at);
    if (label && labelled) this.#areas.push(...rowLabels(label, ordered, labelled));
    return { label, seats: ordered };
  }

  #readSeat(one: JsonObject, at: string, origin: Point, zoneId: string, label: string): PlanSeat {
    const json = this.#json;
    const number = json.optionalText(one, 'seat_number', at)?.trim() ?? '';
    const guid = this.#claimGuid(
      json.optionalText(one, 'seat_guid', at) || guidOf(zoneId, label, number),
      at,
    );
    const position = json.point(one, 'position', at);
    return {
      guid,
      label: number || guid,
      x: origin.x + position.x,
      y: origin.y + position.y,
      category: this.#categoryOf(one, at),
    };
  }

  #claimGuid(given: string, at: string): string {
    let guid = given;
    if (this.#options.renameDuplicateGuids)
      for (let n = 2; this.#guids.has(guid); n += 1) guid = `${given}~${n}`;
    const before = this.#guids.get(guid);
    if (before) this.#json.problem(`${at}.seat_guid`, `the guid "${guid}" is already the one of ${before}`);
    else this.#guids.set(guid, at);
    return guid;
  }

  #categoryOf(seat: JsonObject, at: string): number {
    const name = this.#json.text(seat, 'category', at);
    const index = this.#categories.get(name);
    if (index === undefined && typeof seat['category'] === 'string') {
      this.#json.problem(`${at}.category`, `"${name}" is not among the plan's categories`);
    }
    return index ?? 0;
  }

  /** Zones are told apart by name here; pretix tells them apart by place. */
  #withUniqueNames(zones: PlanZone[]): PlanZone[] {
    const taken = new Set<string>();
    return zones.map((zone) => {
      let name = zone.name;
      for (let n = 2; taken.has(name); n += 1) name = `${zone.name} (${n})`;
      taken.add(name);
      return { ...zone, name };
    });
  }
}

/** The row's label where pretix draws it: before its first seat, after its last, or both. */
function rowLabels(label: string, seats: PlanSeat[], position: string): PlanArea[] {
  const first = seats[0];
  const last = seats.at(-1);
  if (!first || !last) return [];
  const step = seats.length > 1 ? Math.hypot(seats[1]!.x - first.x, seats[1]!.y - first.y) : 0;
  const labelBeside = (seat: PlanSeat, inner: PlanSeat, side: 1 | -1): PlanArea => {
    const far = step > 0 ? { x: seat.x - inner.x, y: seat.y - inner.y } : { x: side, y: 0 };
    const length = Math.hypot(far.x, far.y) || 1;
    const reach = step || 25;
    const at = { x: seat.x + (far.x / length) * reach, y: seat.y + (far.y / length) * reach };
    return {
      shape: 'text',
      ...at,
      text: { text: label, size: Math.min(14, reach * 0.6), color: defaultColor, ...at },
    };
  };
  const labels: PlanArea[] = [];
  if (position !== 'end' && position !== 'right') labels.push(labelBeside(first, seats[1] ?? first, -1));
  if (position !== 'start' && position !== 'left') labels.push(labelBeside(last, seats.at(-2) ?? last, 1));
  return labels;
}

/**
 * Reads the open seating-plan JSON of pretix, as its editor writes it and as its API gives it (there the
 * plan stands under `layout`). Fields it does not know are left alone; shapes it does not know are not drawn.
 * @throws PlanError whose problems name JSON paths such as `zones[0].rows[3].seats[12].position.x`.
 */
export function parsePretixPlan(text: string, options: PretixOptions = {}): Plan {
  const json = new JsonReader();
  const { root, at } = jsonRoot(text, json);
  const plan = new PretixReader(json, options).read(root, at);
  json.throwIfAny();
  return fitCanvas(dropUnusedCategories(plan), margin);
}
