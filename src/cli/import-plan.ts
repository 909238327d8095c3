import { open } from 'node:fs/promises';
import path from 'node:path';
import { formatEventId, parseEventId, type EventKey } from '../base/ids.ts';
import { createEvent } from '../catalog/event.store.ts';
import { importPlan, type ImportedPlan, type ImportProgress } from '../catalog/import-plan.ts';
import { readPlanFile } from '../catalog/plan-file.ts';
import { PlanError, planLimits, type Plan } from '../catalog/plan.ts';
import { analyzePlans } from '../catalog/plan.store.ts';
import { ensureVenue, lockSeller } from '../catalog/seller.store.ts';
import { createPool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import { CommandError, type Command, type CommandArguments } from './command.ts';
import { migrateDatabase } from './migrate.ts';
import { openDatabase } from './open-database.ts';

type Options = CommandArguments['options'];

const newEventOptions = [
  'seller',
  'name',
  'starts-at',
  'venue',
  'address',
  'timezone',
  'description',
  'sales-start',
  'sales-end',
  'draft',
] as const;

/** An event to be made for the plan. */
type AskedEvent = {
  tenantId: number;
  name: string;
  startsAt: Date;
  venue: string;
  address: string | null;
  timezone: string | undefined;
  description: string | null;
  salesStartAt: Date;
  salesEndAt: Date;
  isDraft: boolean;
};

function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function needed(options: Options, name: string): string {
  const value = text(options, name);
  if (value === undefined)
    throw new CommandError(`a new event needs --${name}; see taquilla import-plan --help.`);
  return value;
}

function instant(options: Options, name: string, fallback: Date | undefined): Date {
  const value = fallback ? text(options, name) : needed(options, name);
  if (value === undefined) return fallback!;
  const at = new Date(value);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(at.getTime())) return at;
  throw new CommandError(
    `--${name} takes an instant with its offset, such as 2026-11-28T20:00:00-04:00, not "${value}".`,
  );
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function readNewEvent(options: Options, now: Date): AskedEvent {
  const seller = needed(options, 'seller');
  if (!/^[1-9]\d{0,8}$/.test(seller))
    throw new CommandError(`--seller takes a seller's number, not "${seller}".`);
  const timezone = text(options, 'timezone');
  if (timezone !== undefined && !isTimezone(timezone)) {
    throw new CommandError(`--timezone takes an IANA name such as America/Caracas, not "${timezone}".`);
  }
  const startsAt = instant(options, 'starts-at', undefined);
  const salesStartAt = instant(options, 'sales-start', now);
  const salesEndAt = instant(options, 'sales-end', startsAt);
  if (salesStartAt >= salesEndAt) {
    throw new CommandError(
      `sales would end (${salesEndAt.toISOString()}) before they start (${salesStartAt.toISOString()}).`,
    );
  }
  return {
    tenantId: Number(seller),
    name: needed(options, 'name'),
    startsAt,
    venue: needed(options, 'venue'),
    address: text(options, 'address') ?? null,
    timezone,
    description: text(options, 'description') ?? null,
    salesStartAt,
    salesEndAt,
    isDraft: options['draft'] === true,
  };
}

/** Either an event that exists or one to be made: never both. */
function readTarget(options: Options, now: Date): EventKey | AskedEvent {
  const given = text(options, 'event');
  if (given === undefined) return readNewEvent(options, now);
  const beside = newEventOptions.find((name) => options[name] !== undefined);
  if (beside) throw new CommandError(`--event names an event that exists; --${beside} is for a new one.`);
  const key = parseEventId(given);
  if (!key) throw new CommandError(`--event takes the id of an event, such as 1-3, not "${given}".`);
  return key;
}

async function createAskedEvent(tx: Tx, asked: AskedEvent): Promise<EventKey> {
  const seller = await lockSeller(tx, asked.tenantId);
  if (!seller) throw new CommandError(`there is no seller ${asked.tenantId}.`);
  const venueId = await ensureVenue(tx, asked.tenantId, {
    name: asked.venue,
    address: asked.address,
    timezone: asked.timezone ?? seller.timezone,
  });
  const { name, description, startsAt, salesStartAt, salesEndAt } = asked;
  return createEvent(tx, asked.tenantId, {
    venueId,
    name,
    description,
    startsAt,
    currency: seller.currency,
    status: asked.isDraft ? 'draft' : 'published',
    salesStartAt,
    salesEndAt,
  });
}

async function readFileBytes(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file);
    try {
      // Looked at before it is read, so that what is too large never fills the memory.
      const { size } = await handle.stat();
      return size > planLimits.fileBytesMax
        ? new Uint8Array(planLimits.fileBytesMax + 1)
        : await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read: ${message}`;
    throw new CommandError(`${file} ${reason}.`);
  }
}

function explain(file: string, error: unknown): unknown {
  if (!(error instanceof PlanError)) return error;
  const found = error.count === 1 ? 'a problem' : `${error.count} problems`;
  const isDuplicate = error.problems.some((problem) => problem.at.endsWith('.seat_guid'));
  const hint = isDuplicate ? '\n--rename-duplicate-guids gives such seats guids of their own.' : '';
  return new CommandError(`${path.basename(file)} was not imported, for ${found}:\n${error.message}${hint}`);
}

function list(value: Options[string]): string[] {
  return Array.isArray(value) ? value : [];
}

function describe(plan: Plan, imported: ImportedPlan, seconds: number): string {
  const { seats, generalPlaces, zones, replaced } = imported;
  const places = generalPlaces > 0 ? ` and ${generalPlaces} places without seats` : '';
  const name = plan.name === '' ? '' : ` of "${plan.name}"`;
  return `${replaced ? 'replaced the plan by' : 'imported'} ${seats} seats${places} in ${zones} ${zones === 1 ? 'zone' : 'zones'}${name} in ${seconds.toFixed(1)} s`;
}

/** `taquilla import-plan FILE`: gives an event its seating plan and its prices, all or nothing. */
export const importPlanCommand: Command = {
  name: 'import-plan',
  summary: 'Import a seating plan with its prices, for an event or for a new one',
  usage: 'FILE',
  options: {
    event: {
      type: 'string',
      value: 'ID',
      summary: 'An event that exists, such as 1-3; its plan is replaced',
    },
    seller: { type: 'string', value: 'N', summary: 'The seller of a new event' },
    name: { type: 'string', value: 'TEXT', summary: "The new event's name" },
    'starts-at': { type: 'string', value: 'INSTANT', summary: 'When it starts: 2026-11-28T20:00:00-04:00' },
    venue: { type: 'string', value: 'TEXT', summary: 'Where it is; a venue of that name is used again' },
    address: { type: 'string', value: 'TEXT', summary: "A new venue's address" },
    timezone: { type: 'string', value: 'NAME', summary: "A new venue's time zone; else the seller's" },
    description: { type: 'string', value: 'TEXT', summary: 'A sentence about the new event' },
    'sales-start': { type: 'string', value: 'INSTANT', summary: 'When sales start; else now' },
    'sales-end': { type: 'string', value: 'INSTANT', summary: 'When sales end; else when the event starts' },
    draft: { type: 'boolean', summary: 'Keep the new event out of the shop' },
    price: {
      type: 'string',
      multiple: true,
      value: 'CATEGORY=PRICE',
      summary: "A category's price, such as Platea=45.00; once a category",
    },
    general: {
      type: 'string',
      multiple: true,
      value: 'ZONE=PLACES@PRICE',
      summary:
        'A zone without seats, such as "De pie=500@25.00"; an area of the plan with that text stands for it',
    },
    blocked: {
      type: 'string',
      multiple: true,
      value: 'CATEGORY',
      summary: 'A category whose seats are drawn and not sold',
    },
    'rename-duplicate-guids': {
      type: 'boolean',
      summary: 'Give seats whose guid stands twice a guid of their own',
    },
  },
  positionals: { min: 1, max: 1 },
  async run({ options, positionals }, context) {
    const file = positionals[0]!;
    const target = readTarget(options, context.clock.now());
    const sale = {
      prices: list(options['price']),
      general: list(options['general']),
      blocked: list(options['blocked']),
    };
    const bytes = await readFileBytes(file);
    let plan: Plan;
    try {
      plan = readPlanFile(bytes, { renameDuplicateGuids: options['rename-duplicate-guids'] === true });
    } catch (error) {
      throw explain(file, error);
    }
    const database = await openDatabase(context, context.err);
    const pool = createPool({ url: database.url, size: 1, name: 'taquilla import-plan' });
    const began = performance.now();
    const onProgress: ImportProgress = (stored, all) => {
      if (stored < all) context.err(`${stored} of ${all} seats stored`);
    };
    try {
      await migrateDatabase(database.url, context.err);
      const { key, imported } = await transact(pool, async (tx) => {
        const event = 'eventId' in target ? target : await createAskedEvent(tx, target);
        return { key: event, imported: await importPlan(tx, event, plan, sale, onProgress) };
      });
      await analyzePlans(pool);
      context.out(
        `event ${formatEventId(key)}: ${describe(plan, imported, (performance.now() - began) / 1000)}`,
      );
      return 0;
    } catch (error) {
      throw explain(file, error);
    } finally {
      await pool.end();
      await database.close();
    }
  },
};
