import { FREE, type AvailabilityChange } from '../catalog/availability.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Conflict, ConflictKind, Resolution } from './till-record.ts';

/** A till by the number of its device. */
export type TillKey = { tenantId: number; deviceNo: number };

/** A lease as it is kept. */
export type KeptLease = {
  leaseId: string;
  state: 'open' | 'returned' | 'lost';
  eventId: number;
  seriesId: number;
  blockNos: number[];
  holdId: string;
  pricingVersion: number;
  taxVersion: number;
  document: string;
  signature: Buffer;
  leasedAt: Date;
  sellsUntil: Date;
};

export type TillState = { lastSequence: number; lastHash: string };

/** Whether a seller has a till of this number, enrolled or cut off. */
export async function hasTill(reader: Reader, { tenantId, deviceNo }: TillKey): Promise<boolean> {
  const rows = await reader.query({
    text: `select from devices where tenant_id = $1 and device_no = $2 and kind = 'till'`,
    values: [tenantId, deviceNo],
  });
  return rows.length > 0;
}

/** The series of sales of a till's own fiscal point; null when it has none. */
export async function findTillSeries(
  reader: Reader,
  { tenantId, deviceNo }: TillKey,
): Promise<{ seriesId: number; prefix: string; padding: number } | null> {
  const [row] = await reader.query<{ seriesId: number; prefix: string; padding: number }>({
    text: `select s.series_id as "seriesId", s.prefix, s.padding
             from fiscal_points p join fiscal_series s on s.tenant_id = p.tenant_id and s.point_no = p.point_no
            where p.tenant_id = $1 and p.device_no = $2 and p.kind = 'till' and s.tenant_id = $1 and s.kind = 'sales'
            order by p.point_no limit 1`,
    values: [tenantId, deviceNo],
  });
  return row ?? null;
}

/** Locks a till's row, under which it leases, syncs and returns; makes it first when it is not there. */
export async function lockTill(tx: Tx, { tenantId, deviceNo }: TillKey): Promise<TillState> {
  await tx.query({
    text: 'insert into tills (tenant_id, device_no) values ($1, $2) on conflict do nothing',
    values: [tenantId, deviceNo],
  });
  const [row] = await tx.query<TillState & Row>({
    text: `select last_sequence as "lastSequence", last_hash as "lastHash" from tills
            where tenant_id = $1 and device_no = $2 for update`,
    values: [tenantId, deviceNo],
  });
  return row!;
}

const leaseColumns = `
  lease_id as "leaseId", state, event_id as "eventId", series_id as "seriesId", block_nos as "blockNos", hold_id as "holdId",
  pricing_version as "pricingVersion", tax_version as "taxVersion", document, signature, leased_at as "leasedAt",
  sells_until as "sellsUntil"`;

/** A lease of a till, or null. */
export async function readKeptLease(
  reader: Reader,
  { tenantId, deviceNo }: TillKey,
  leaseId: string,
): Promise<KeptLease | null> {
  const [row] = await reader.query<KeptLease & Row>({
    text: `select ${leaseColumns} from till_leases where tenant_id = $1 and device_no = $2 and lease_id = $3`,
    values: [tenantId, deviceNo, leaseId],
  });
  return row ?? null;
}

/** How many leases of a till are open. */
export async function countOpenLeases(reader: Reader, { tenantId, deviceNo }: TillKey): Promise<number> {
  const [row] = await reader.query<{ open: number }>({
    text: `select count(*)::integer as open from till_leases
            where tenant_id = $1 and device_no = $2 and state = 'open'`,
    values: [tenantId, deviceNo],
  });
  return row!.open;
}

/** Lets the hold of a lease live until so long after the till may sell. @returns false when it has ended. */
export async function keepHold(
  tx: Tx,
  tenantId: number,
  holdId: string,
  until: { at: Date; seconds: number },
): Promise<boolean> {
  const rows = await tx.query({
    text: `update holds set expires_at = $3::timestamptz + make_interval(secs => $4)
            where tenant_id = $1 and hold_id = $2 and state = 'live' and expires_at > clock_timestamp()
           returning hold_id`,
    values: [tenantId, holdId, until.at, until.seconds],
  });
  return rows.length > 0;
}

/** Puts the places that a lease has not sold on sale again. @returns what became free. */
export async function freeAllotment(
  tx: Tx,
  { tenantId }: TillKey,
  { eventId, holdId }: Pick<KeptLease, 'eventId' | 'holdId'>,
): Promise<AvailabilityChange> {
  const [row] = await tx.query<Row & { freed_seats: number[]; zones: number[]; zones_left: number[] }>({
    text: `select freed_seats, zones, zones_left from end_holds($1, $2, array[$3::uuid], 'released')`,
    values: [tenantId, eventId, holdId],
  });
  return {
    seats: row!.freed_seats.map((seatNo) => ({ seatNo, state: FREE })),
    zones: row!.zones.map((zoneNo, i) => ({ zoneNo, left: row!.zones_left[i]! })),
  };
}

/** Keeps a lease. */
export async function insertLease(
  tx: Tx,
  { tenantId, deviceNo }: TillKey,
  lease: Omit<KeptLease, 'state'>,
): Promise<void> {
  await tx.query({
    text: `insert into till_leases (tenant_id, device_no, lease_id, event_id, series_id, block_nos, hold_id, pricing_version,
                                    tax_version, document, signature, leased_at, sells_until)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    values: [
      tenantId,
      deviceNo,
      lease.leaseId,
      lease.eventId,
      lease.seriesId,
      lease.blockNos,
      lease.holdId,
      lease.pricingVersion,
      lease.taxVersion,
      lease.document,
      lease.signature,
      lease.leasedAt,
      lease.sellsUntil,
    ],
  });
}

/** Ends a lease. */
export async function endLease(
  tx: Tx,
  { tenantId, deviceNo }: TillKey,
  leaseId: string,
  state: 'returned' | 'lost',
): Promise<void> {
  await tx.query({
    text: `update till_leases set state = $4, ended_at = clock_timestamp()
            where tenant_id = $1 and device_no = $2 and lease_id = $3`,
    values: [tenantId, deviceNo, leaseId, state],
  });
}

/** A number that the till printed, or may have, and that is no document. */
export type KeptNumber = { seriesId: number; number: number };

/** Notes a conflict under the till's next number for one. */
export async function addConflict(
  tx: Tx,
  { tenantId, deviceNo }: TillKey,
  conflict: Conflict & {
    sequence: number | null;
    transactionId?: string | undefined;
    kept?: KeptNumber | undefined;
    line?: string | undefined;
  },
): Promise<void> {
  await tx.query({
    text: `with counted as (
             update tills set last_conflict = last_conflict + 1 where tenant_id = $1 and device_no = $2
             returning last_conflict)
           insert into till_conflicts (tenant_id, device_no, conflict_no, sequence, kind, detail, transaction_id, series_id,
                                       kept_number, line, created_at)
           select $1, $2, c.last_conflict, $3, $4::till_conflict_kind, $5, $6, $7, $8, $9, clock_timestamp() from counted c`,
    values: [
      tenantId,
      deviceNo,
      conflict.sequence,
      conflict.kind,
      conflict.detail,
      conflict.transactionId ?? null,
      conflict.kept?.seriesId ?? null,
      conflict.kept?.number ?? null,
      conflict.line ?? null,
    ],
  });
}

/** A line of a till's file with what was made of it. */
export type NewRecord = {
  sequence: number;
  line: string;
  hash: string;
  sale?:
    | { leaseId: string; number: number; at: string; seriesId?: number; transactionId?: string }
    | undefined;
};

/** Keeps a line and goes on to the next. */
export async function insertRecord(
  tx: Tx,
  { tenantId, deviceNo }: TillKey,
  { sequence, line, hash, sale }: NewRecord,
): Promise<void> {
  await tx.query({
    text: `insert into till_records (tenant_id, device_no, sequence, line, lease_id, series_id, number, printed_at,
                                     transaction_id, received_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp())`,
    values: [
      tenantId,
      deviceNo,
      sequence,
      line,
      sale?.leaseId ?? null,
      sale?.seriesId ?? null,
      sale?.number ?? null,
      sale?.at ?? null,
      sale?.transactionId ?? null,
    ],
  });
  await tx.query({
    text: 'update tills set last_sequence = $3, last_hash = $4 where tenant_id = $1 and device_no = $2',
    values: [tenantId, deviceNo, sequence, hash],
  });
}

/** A line that came before, with the sale that was made of it. */
export async function readRecord(
  reader: Reader,
  { tenantId, deviceNo }: TillKey,
  sequence: number,
): Promise<{ line: string; transactionId: string | null } | null> {
  const [row] = await reader.query<{ line: string; transactionId: string | null }>({
    text: `select line, transaction_id as "transactionId" from till_records
            where tenant_id = $1 and device_no = $2 and sequence = $3`,
    values: [tenantId, deviceNo, sequence],
  });
  return row ?? null;
}

/** Whether such a conflict was noted before, word for word: the same wrong line may be sent again and again. */
export async function hasConflictLine(
  reader: Reader,
  { tenantId, deviceNo }: TillKey,
  sequence: number,
  line: string,
): Promise<boolean> {
  const rows = await reader.query({
    text: `select from till_conflicts where tenant_id = $1 and device_no = $2 and sequence = $3 and line = $4`,
    values: [tenantId, deviceNo, sequence, line],
  });
  return rows.length > 0;
}

/** A lease as the till's state shows it. */
export type LeaseState = {
  leaseId: string;
  eventId: number;
  state: KeptLease['state'];
  leasedAt: Date;
  sellsUntil: Date;
  numbers: number;
  used: number;
  places: number;
};

/** What the server knows of a till: how far it has told, its leases, the newest first, and its open conflicts. */
export async function readTill(
  reader: Reader,
  { tenantId, deviceNo }: TillKey,
  leasesMax: number,
): Promise<{ lastSequence: number; conflictsOpen: number; leases: LeaseState[] }> {
  const [till] = await reader.query<{ lastSequence: number; conflictsOpen: number }>({
    text: `select last_sequence as "lastSequence",
                  (select count(*)::integer from till_conflicts c
                    where c.tenant_id = $1 and c.device_no = $2 and c.resolved_at is null) as "conflictsOpen"
             from tills where tenant_id = $1 and device_no = $2`,
    values: [tenantId, deviceNo],
  });
  const leases = await reader.query<LeaseState & Row>({
    text: `select l.lease_id as "leaseId", l.event_id as "eventId", l.state, l.leased_at as "leasedAt",
                  l.sells_until as "sellsUntil", b.numbers, b.used,
                  case when h.state = 'live' then (select coalesce(sum(q), 0)::integer from unnest(h.line_quantity) q)
                       else 0 end as places
             from till_leases l
             join holds h on h.tenant_id = l.tenant_id and h.hold_id = l.hold_id
            cross join lateral (
              select sum(b.last_number - b.first_number + 1)::integer as numbers,
                     sum(b.next_number - b.first_number)::integer as used
                from fiscal_blocks b
               where b.tenant_id = $1 and b.series_id = l.series_id and b.block_no = any (l.block_nos)) b
            where l.tenant_id = $1 and h.tenant_id = $1 and l.device_no = $2
            order by l.leased_at desc limit $3`,
    values: [tenantId, deviceNo, leasesMax],
  });
  return { lastSequence: till?.lastSequence ?? 0, conflictsOpen: till?.conflictsOpen ?? 0, leases };
}

/** A conflict as it is kept. */
export type KeptConflict = {
  conflictNo: number;
  sequence: number | null;
  kind: ConflictKind;
  detail: string;
  transactionId: string | null;
  keptNumber: number | null;
  line: string | null;
  createdAt: Date;
  resolvedAt: Date | null;
  resolvedBy: string | null;
  resolution: Resolution | null;
  note: string | null;
};

const conflictColumns = `
  c.conflict_no as "conflictNo", c.sequence, c.kind, c.detail, c.transaction_id as "transactionId",
  c.kept_number as "keptNumber", c.created_at as "createdAt", c.resolved_at as "resolvedAt", c.resolved_by as "resolvedBy",
  c.resolution, c.note,
  coalesce(c.line, (select r.line from till_records r
                     where r.tenant_id = c.tenant_id and r.device_no = c.device_no and r.sequence = c.sequence)) as line`;

/** A page of a till's conflicts, in the order in which they were found. */
export async function listConflicts(
  reader: Reader,
  { tenantId, deviceNo }: TillKey,
  page: { limit: number; startingAfter?: number; openOnly: boolean },
): Promise<{ conflicts: KeptConflict[]; hasMore: boolean }> {
  const rows = await reader.query<KeptConflict & Row>({
    text: `select ${conflictColumns} from till_conflicts c
            where c.tenant_id = $1 and c.device_no = $2 and c.conflict_no > $3 and (not $5 or c.resolved_at is null)
            order by c.conflict_no limit $4`,
    values: [tenantId, deviceNo, page.startingAfter ?? 0, page.limit + 1, page.openOnly],
  });
  return { conflicts: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** Locks a conflict and returns it, or null. */
export async function lockConflict(
  tx: Tx,
  { tenantId, deviceNo }: TillKey,
  conflictNo: number,
): Promise<KeptConflict | null> {
  const [row] = await tx.query<KeptConflict & Row>({
    text: `select ${conflictColumns} from till_conflicts c
            where c.tenant_id = $1 and c.device_no = $2 and c.conflict_no = $3 for update of c`,
    values: [tenantId, deviceNo, conflictNo],
  });
  return row ?? null;
}

/** Notes how somebody settled a conflict. */
export async function resolveConflict(
  tx: Tx,
  { tenantId, deviceNo }: TillKey,
  conflictNo: number,
  how: { resolution: Resolution; note: string; by: string; at: Date },
): Promise<void> {
  await tx.query({
    text: `update till_conflicts set resolution = $4::till_resolution, note = $5, resolved_by = $6, resolved_at = $7
            where tenant_id = $1 and device_no = $2 and conflict_no = $3`,
    values: [tenantId, deviceNo, conflictNo, how.resolution, how.note, how.by, how.at],
  });
}
