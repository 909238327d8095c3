import { hideCardNumbers } from '../base/card-number.ts';
import type { EventKey } from '../base/ids.ts';
import type { AvailabilityChange } from '../catalog/availability.ts';
import type { Row, Tx } from '../db/transaction.ts';
import { passNumbers, readTillBlocks, skipTo, type TillBlock } from './till-block.store.ts';
import { tillTransactionId, type TillLease } from './till-lease.ts';
import {
  judgeInstant,
  priceSale,
  readLine,
  type Conflict,
  type SoldPlace,
  type TillRecord,
} from './till-record.ts';
import { recordSale } from './till-sale.store.ts';
import {
  addConflict,
  hasConflictLine,
  insertRecord,
  lockTill,
  readKeptLease,
  readRecord,
  type KeptLease,
  type TillKey,
} from './till.store.ts';

/** A line at its place in a till's file. */
export type TillLine = { sequence: number; line: string };

/** What became of a line. */
export type LineResult =
  | {
      outcome: 'recorded' | 'replayed';
      transactionId: string;
      sold?: EventKey & { change: AvailabilityChange };
    }
  | { outcome: 'conflict'; transactionId?: undefined }
  /** Lines before it are missing: `expected` is the next that can be taken. */
  | { outcome: 'gap'; expected: number };

type Read = { sequence: number; line: string; hash: string };

async function keepConflict(
  tx: Tx,
  key: TillKey,
  read: Read,
  conflict: Conflict,
  sale?: { record: TillRecord; seriesId?: number },
): Promise<LineResult> {
  const of = sale && { leaseId: sale.record.lease_id, number: sale.record.number, at: sale.record.at };
  await insertRecord(tx, key, {
    ...read,
    sale: of && { ...of, ...(sale.seriesId && { seriesId: sale.seriesId }) },
  });
  const kept = sale?.seriesId && { seriesId: sale.seriesId, number: sale.record.number };
  await addConflict(tx, key, { ...conflict, sequence: read.sequence, ...(kept && { kept }) });
  return { outcome: 'conflict' };
}

/** A line that came before: the same one changes nothing, another one is a conflict. */
async function replay(tx: Tx, key: TillKey, { sequence, line }: TillLine): Promise<LineResult> {
  const known = await readRecord(tx, key, sequence);
  if (known?.line === line) {
    return known.transactionId === null
      ? { outcome: 'conflict' }
      : { outcome: 'replayed', transactionId: known.transactionId };
  }
  if (!(await hasConflictLine(tx, key, sequence, line))) {
    const detail = `The till sent another line as number ${sequence} of its file before.`;
    await addConflict(tx, key, { kind: 'sequence_reused', detail, sequence, line });
  }
  return { outcome: 'conflict' };
}

/** Why a number cannot be a document of this lease; null when it can. */
function judgeNumber(number: number, kept: KeptLease, blocks: TillBlock[]): Conflict | null {
  const block = blocks.find(({ first, last }) => first <= number && number <= last);
  if (!block) return { kind: 'number_not_in_block', detail: `The lease has no number ${number}.` };
  if (number < block.next) return { kind: 'number_reused', detail: `The number ${number} was used before.` };
  if (block.state === 'open') return null;
  const detail = `The number ${number} was given back: the lease is ${kept.state}, its block ${block.state}.`;
  return { kind: 'number_not_in_block', detail };
}

async function addTaken(
  tx: Tx,
  key: TillKey,
  { sequence }: Read,
  transactionId: string,
  taken: SoldPlace[],
): Promise<void> {
  for (const { seatNo, zoneNo } of taken) {
    const what = seatNo === null ? `A place of zone ${zoneNo}` : `Seat ${seatNo} of zone ${zoneNo}`;
    const detail = `${what} is somebody else's by now.`;
    await addConflict(tx, key, { kind: 'place_taken', detail, sequence, transactionId });
  }
}

async function recordRead(
  tx: Tx,
  key: TillKey,
  read: Read,
  record: TillRecord,
  holdId: string,
): Promise<LineResult> {
  const kept = await readKeptLease(tx, key, record.lease_id);
  if (!kept)
    return await keepConflict(
      tx,
      key,
      read,
      { kind: 'lease_unknown', detail: 'There is no such lease.' },
      { record },
    );
  const blocks = await readTillBlocks(tx, key, kept);
  const wrongNumber = judgeNumber(record.number, kept, blocks);
  if (wrongNumber) return await keepConflict(tx, key, read, wrongNumber, { record });
  const { sequence } = read;
  const { seriesId } = kept;
  await skipTo(tx, key, kept, blocks, { number: record.number, sequence });
  const lease = JSON.parse(kept.document) as TillLease;
  const priced = priceSale(record, lease);
  if ('conflict' in priced) {
    const block = blocks.find(({ first, last }) => first <= record.number && record.number <= last)!;
    await passNumbers(tx, key, kept, block, record.number + 1);
    return await keepConflict(tx, key, read, priced.conflict, { record, seriesId });
  }
  const transactionId = tillTransactionId(lease, record.number);
  const sale = { record, kept, lease, places: priced.places, transactionId, holdId };
  const { taken, change } = await recordSale(tx, key, sale);
  const { lease_id: leaseId, number, at } = record;
  await insertRecord(tx, key, { ...read, sale: { leaseId, number, at, seriesId, transactionId } });
  await addTaken(tx, key, read, transactionId, taken);
  const [clock] = await tx.query<Row & { now: Date }>({ text: 'select clock_timestamp() as now' });
  const late = judgeInstant(record, lease, clock!.now.getTime());
  if (late) await addConflict(tx, key, { ...late, sequence, transactionId });
  const event = { tenantId: key.tenantId, eventId: kept.eventId };
  return { outcome: 'recorded', transactionId, sold: { ...event, change } };
}

/**
 * Takes the next line of a till's file: makes a sale of it, or keeps it as a conflict, so that the next can follow.
 * @param holdId of the hold that the sale's own places go into.
 */
export async function recordLine(tx: Tx, key: TillKey, line: TillLine, holdId: string): Promise<LineResult> {
  const till = await lockTill(tx, key);
  const { sequence } = line;
  // Nobody's card number is kept, whatever became of the till that wrote it.
  const shown = hideCardNumbers(line.line);
  if (sequence <= till.lastSequence) return await replay(tx, key, { sequence, line: shown });
  if (sequence > till.lastSequence + 1) return { outcome: 'gap', expected: till.lastSequence + 1 };
  const result = readLine(line.line, till.lastHash, sequence);
  const read = { sequence, line: shown, hash: result.hash };
  if (!result.ok)
    return await keepConflict(tx, key, read, { kind: 'record_tampered', detail: result.detail });
  return await recordRead(tx, key, read, result.record, holdId);
}

/** Keeps a line that could not be recorded for a fault of the server's, so that those after it are not held up. */
export async function keepFailedLine(tx: Tx, key: TillKey, line: TillLine, detail: string): Promise<void> {
  const till = await lockTill(tx, key);
  if (line.sequence !== till.lastSequence + 1) return;
  const { hash } = readLine(line.line, till.lastHash, line.sequence);
  const read = { sequence: line.sequence, line: hideCardNumbers(line.line), hash };
  await keepConflict(tx, key, read, { kind: 'record_failed', detail });
}
