import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Problem } from '../base/errors.ts';
import { parseSeatId, parseZoneId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { counterMethods } from '../payments/payment.ts';
import { enrolTill, TillClient, TillServerError, type SyncResult } from '../tills/till-client.adapter.ts';
import { stockLeft, type TillOrder } from '../tills/till-file.ts';
import { TillFolder, TillFolderError } from '../tills/till-folder.adapter.ts';
import { CommandError, type Command, type CommandArguments, type CommandContext } from './command.ts';

type Options = CommandArguments['options'];
type Till = { folder: TillFolder; options: Options; positionals: string[]; context: CommandContext };

function textOption(options: Options, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' ? value : null;
}

function requireOption(options: Options, name: string): string {
  const value = textOption(options, name);
  if (value === null) throw new CommandError(`--${name} is missing.`);
  return value;
}

function numberOption(options: Options, name: string): number | null {
  const value = textOption(options, name);
  if (value === null) return null;
  if (!/^\d{1,15}$/.test(value)) throw new CommandError(`--${name} takes a whole number, not "${value}".`);
  return Number(value);
}

/** `1-3-s5,1-3-s6`, as ids. */
function idsOption(options: Options, name: string): string[] {
  return (textOption(options, name) ?? '').split(',').filter((part) => part !== '');
}

/** `1-3-z2:4` is four places of a zone; without a number, one. */
function zonesOption(options: Options): { zone_id: string; quantity: number }[] {
  return idsOption(options, 'zones').map((part) => {
    const [zone_id, quantity = '1'] = part.split(':') as [string, string?];
    if (!/^\d{1,4}$/.test(quantity))
      throw new CommandError(`"${part}" is not a zone and a number of places.`);
    return { zone_id, quantity: Number(quantity) };
  });
}

async function enrol({ folder, options, positionals, context }: Till): Promise<number> {
  if (folder.isEnrolled()) throw new CommandError('this folder is a till already: take another one.');
  const server = requireOption(options, 'server');
  if (!URL.canParse(server)) throw new CommandError(`--server takes an address, not "${server}".`);
  const [, code] = positionals;
  if (code === undefined) throw new CommandError('give the code that enrols the till.');
  const enrolment = await enrolTill(server, code);
  folder.writeEnrolment(enrolment);
  context.out(
    `Enrolled as till ${enrolment.device_id} (${enrolment.name}) of seller ${enrolment.seller_id}.`,
  );
  return 0;
}

async function lease({ folder, options, context }: Till): Promise<number> {
  const client = new TillClient(folder.readEnrolment());
  let asked = folder.readAsked();
  if (asked) context.err('The answer to an earlier lease never came: that one is asked for again.');
  else {
    const numbers = numberOption(options, 'numbers');
    const seconds = numberOption(options, 'seconds');
    asked = {
      lease_id: randomUUID(),
      event_id: requireOption(options, 'event'),
      seats: idsOption(options, 'seats'),
      zones: zonesOption(options),
      ...(numbers !== null && { numbers }),
      ...(seconds !== null && { seconds }),
    };
    folder.writeAsked(asked);
  }
  try {
    const stock = folder.addLease(await client.lease(asked));
    const { numbersLeft, seats, zones } = stockLeft(stock, []);
    const places = seats.length + zones.reduce((sum, zone) => sum + zone.left, 0);
    context.out(`Leased ${numbersLeft} numbers and ${places} places until ${stock.lease.sells_until}.`);
  } catch (error) {
    const refused =
      error instanceof TillServerError && error.code !== undefined && error.code !== 'unavailable';
    if (refused) folder.forgetAsked();
    throw error;
  }
  folder.forgetAsked();
  return 0;
}

function readOrder(options: Options): TillOrder {
  const seatNos = idsOption(options, 'seats').map((id) => {
    const seat = parseSeatId(id);
    if (!seat) throw new CommandError(`"${id}" is no seat.`);
    return seat.no;
  });
  const zones = zonesOption(options).map(({ zone_id, quantity }) => {
    const zone = parseZoneId(zone_id);
    if (!zone) throw new CommandError(`"${zone_id}" is no zone.`);
    return { zoneNo: zone.no, quantity };
  });
  if (seatNos.length + zones.length === 0)
    throw new CommandError('name what is sold with --seats or --zones.');
  const named = textOption(options, 'method') ?? 'cash';
  const method = counterMethods.find((one) => one === named);
  if (!method) throw new CommandError(`--method takes one of ${counterMethods.join(', ')}.`);
  const locale = textOption(options, 'locale') === 'en' ? 'en' : 'es';
  return {
    leaseId: textOption(options, 'lease'),
    seatNos: [...new Set(seatNos)],
    zones,
    kind: textOption(options, 'kind'),
    payment: {
      method,
      tendered: numberOption(options, 'tendered'),
      reference: textOption(options, 'reference'),
    },
    customer: {
      name: textOption(options, 'name') ?? (locale === 'es' ? 'Consumidor final' : 'Walk-in customer'),
      email: textOption(options, 'email'),
      phone: textOption(options, 'phone'),
      document: textOption(options, 'document'),
      locale,
    },
  };
}

function sell({ folder, options, context }: Till): number {
  const order = readOrder(options);
  const { record, fiscalNumber, codes, change } = folder.sell(order, context.clock.now());
  context.out(`Sold as ${fiscalNumber}: ${record.total} ${record.currency} (minor units), change ${change}.`);
  record.places.forEach((place, i) => {
    const what = place.seat_no === null ? `place of zone ${place.zone_no}` : `seat ${place.seat_no}`;
    context.out(`  ${what}  ${codes[i]}`);
  });
  return 0;
}

async function status({ folder, context }: Till): Promise<number> {
  const enrolment = folder.readEnrolment();
  const file = folder.readSales();
  context.out(`Till ${enrolment.device_id} (${enrolment.name}), ${file.lines.length} sales in its file.`);
  if (file.torn)
    context.out('The last line was torn off while it was written: that sale was not handed out.');
  if (file.damaged.length > 0) context.out(`Damaged lines: ${file.damaged.join(', ')}.`);
  for (const stock of [...folder.readLeases('open'), ...folder.readLeases('ended')]) {
    const { lease: of, ended } = stock;
    const { numbersLeft, seats, zones } = stockLeft(stock, file.records);
    const places = [
      ...seats.map((seat) => `${of.event_id}-s${seat.seat_no}`),
      ...zones.map((zone) => `${of.event_id}-z${zone.zone_no}:${zone.left}`),
    ];
    context.out(
      `Lease ${of.lease_id} of ${of.event}${ended ? ', to be returned' : ''}, sells until ${of.sells_until}:`,
    );
    context.out(`  ${numbersLeft} numbers; ${places.join(' ') || 'no places'}`);
  }
  try {
    const { last_sequence, conflicts_open } = await new TillClient(enrolment).read();
    context.out(`The server has ${last_sequence} of the sales; ${conflicts_open} conflicts are open.`);
  } catch (error) {
    if (!(error instanceof TillServerError)) throw error;
    context.out(`Without a network: ${error.message}`);
  }
  return 0;
}

/** So many lines from a place on as fit into one request. */
function batchFrom(lines: string[], start: number): string[] {
  const batch: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(start, start + limits.tillSyncLinesMax)) {
    bytes += Buffer.byteLength(line) * 1.4;
    if (batch.length > 0 && bytes > limits.tillSyncBatchBytesMax) break;
    batch.push(line);
  }
  return batch;
}

/** Tells the server of all that it does not know yet, from where it is. */
async function syncAll(folder: TillFolder, client: TillClient): Promise<SyncResult[]> {
  const { lines } = folder.readSales();
  const results: SyncResult[] = [];
  let { last_sequence: done } = await client.read();
  while (done < lines.length) {
    const batch = batchFrom(lines, done);
    results.push(...(await client.sync(done + 1, batch)));
    done += batch.length;
  }
  return results;
}

async function sync({ folder, context }: Till): Promise<number> {
  const results = await syncAll(folder, new TillClient(folder.readEnrolment()));
  const conflicts = results.filter(({ outcome }) => outcome === 'conflict').length;
  context.out(`Told of ${results.length} sales; ${conflicts} are in conflict, for staff to settle.`);
  return 0;
}

async function giveBack({ folder, options, context }: Till): Promise<number> {
  const client = new TillClient(folder.readEnrolment());
  const leaseId = textOption(options, 'lease');
  // Before the server hears of it, so that nothing is sold from what others may have by then.
  for (const { lease: of } of folder.readLeases('open')) {
    if ((leaseId ?? of.lease_id) === of.lease_id) folder.moveLease(of.lease_id, 'ended');
  }
  await syncAll(folder, client);
  const file = folder.readSales();
  let returned = 0;
  for (const stock of folder.readLeases('ended')) {
    const { numbersUsed } = stockLeft(stock, file.records);
    await client.endLease(stock.lease.lease_id, {
      last_sequence: file.lines.length,
      numbers_used: numbersUsed,
    });
    folder.moveLease(stock.lease.lease_id, 'returned');
    returned += 1;
  }
  context.out(`Returned ${returned} leases.`);
  return 0;
}

const actions: Record<string, (till: Till) => Promise<number> | number> = {
  enrol,
  lease,
  sell,
  status,
  sync,
  return: giveBack,
};

/** `taquilla till`: a till that sells without a network. */
export const tillCommand: Command = {
  name: 'till',
  summary: 'Sell without a network: enrol, lease, sell, status, sync, return',
  usage: 'enrol CODE|lease|sell|status|sync|return',
  options: {
    dir: { type: 'string', value: 'DIR', summary: "The till's folder; ./till unless given" },
    server: { type: 'string', value: 'URL', summary: 'enrol: the address of the server' },
    event: { type: 'string', value: 'ID', summary: 'lease: the event' },
    seats: { type: 'string', value: 'IDS', summary: 'lease, sell: seats, by commas' },
    zones: {
      type: 'string',
      value: 'IDS',
      summary: 'lease, sell: zones with their places, such as 1-3-z2:4',
    },
    numbers: { type: 'string', value: 'N', summary: 'lease: how many fiscal numbers' },
    seconds: { type: 'string', value: 'N', summary: 'lease: for how long' },
    lease: { type: 'string', value: 'ID', summary: 'sell, return: which lease' },
    kind: { type: 'string', value: 'CODE', summary: 'sell: the kind of ticket' },
    method: { type: 'string', value: 'METHOD', summary: 'sell: the means of payment; cash unless given' },
    tendered: { type: 'string', value: 'N', summary: 'sell: the cash handed over, in minor units' },
    reference: { type: 'string', value: 'TEXT', summary: 'sell: of the payment' },
    name: { type: 'string', value: 'TEXT', summary: 'sell: the buyer' },
    email: { type: 'string', value: 'TEXT', summary: 'sell: where the tickets go as well' },
    phone: { type: 'string', value: 'TEXT', summary: 'sell: of the buyer' },
    document: { type: 'string', value: 'TEXT', summary: 'sell: of the buyer' },
    locale: { type: 'string', value: 'es|en', summary: 'sell: the language of the buyer' },
  },
  positionals: { min: 1, max: 2 },
  async run({ options, positionals }, context) {
    const action = actions[positionals[0]!];
    if (!action) throw new CommandError(`a till does one of ${Object.keys(actions).join(', ')}.`);
    let folder: TillFolder | undefined;
    try {
      folder = new TillFolder(path.resolve(textOption(options, 'dir') ?? 'till'));
      return await action({ folder, options, positionals, context });
    } catch (error) {
      const known =
        error instanceof Problem || error instanceof TillServerError || error instanceof TillFolderError;
      throw known ? new CommandError(error.message) : error;
    } finally {
      folder?.close();
    }
  },
};
