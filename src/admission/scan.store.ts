import type { EventKey } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';
import type { Actor } from '../identity/principal.ts';
import type { ScanDirection, ScanReason, ScanVerdict } from './door.ts';

/** A scan as a scanner tells of it. */
export type ScanOrder = EventKey & {
  /** Made by the scanner. */
  scanId: string;
  gateNo: number;
  direction: 'entry' | 'exit';
  /** The ticket that was scanned; null when the code is none. `generation` is null when staff picked it by its name. */
  ticket: { transactionId: string; itemNo: number; generation: number | null } | null;
  /** Why the code is no ticket; null when it is one. */
  reason: ScanReason | null;
  /** What a scanner without a connection said; null: it waits for the verdict. */
  told: ScanVerdict | null;
  scannedAt: Date;
  recordedAt: Date;
  actor: Actor;
};

/** What each means stands in sql/0060_door.sql. */
export type ScanOutcome = 'recorded' | 'replayed' | 'id_reused' | 'gate_not_found';

/** Records a scan: the verdict is one conditional write (record_scan in SQL). The same scan again changes nothing. */
export async function recordScan(pool: Pool, order: ScanOrder): Promise<ScanOutcome> {
  const { ticket, actor } = order;
  const [row] = await transactOnce<{ outcome: ScanOutcome }>(pool, {
    name: 'record_scan',
    text: `select record_scan($1, $2, $3, $4::smallint, $5::scan_direction, $6, $7::smallint, $8::smallint, $9::scan_verdict,
                              $10, $11::scan_verdict, $12, $13, $14::actor_kind, $15, $16) as outcome`,
    values: [
      order.tenantId,
      order.eventId,
      order.scanId,
      order.gateNo,
      order.direction,
      ticket?.transactionId ?? null,
      ticket?.itemNo ?? null,
      ticket?.generation ?? null,
      ticket ? null : 'unknown',
      order.reason,
      order.told,
      order.scannedAt,
      order.recordedAt,
      actor.kind,
      actor.id,
      actor.name,
    ],
  });
  return row!.outcome;
}

/** Takes the last scan of a ticket back (undo_scan in SQL). @param undoId the id of the scan that says so. */
export async function undoScan(
  tx: Tx,
  { tenantId, eventId }: EventKey,
  scanId: string,
  undo: { undoId: string; now: Date; actor: Actor },
): Promise<'undone' | 'replayed' | 'scan_not_found' | 'scan_not_last'> {
  const { undoId, now, actor } = undo;
  const [row] = await tx.query<{ outcome: Awaited<ReturnType<typeof undoScan>> }>({
    name: 'undo_scan',
    text: 'select undo_scan($1, $2, $3, $4, $5, $6::actor_kind, $7, $8) as outcome',
    values: [tenantId, eventId, scanId, undoId, now, actor.kind, actor.id, actor.name],
  });
  return row!.outcome;
}

/** A scan as it was recorded. */
export type Scan = {
  scanId: string;
  scanNo: number;
  gateNo: number;
  direction: ScanDirection;
  verdict: ScanVerdict;
  reason: ScanReason | null;
  told: ScanVerdict | null;
  /** Somebody was let through who should not have been. */
  conflict: boolean;
  transactionId: string | null;
  itemNo: number | null;
  scannedAt: Date;
  actorName: string;
  /** The scan before it: the one that an undo took back, or that the ticket was in by. */
  otherScanId: string | null;
  otherAt: Date | null;
  otherGateNo: number | null;
};

const scanRows = `
  select s.scan_id as "scanId", s.scan_no as "scanNo", s.gate_no as "gateNo", s.direction, s.verdict, s.reason, s.told, s.conflict,
         s.transaction_id as "transactionId", s.item_no as "itemNo", s.scanned_at as "scannedAt", s.actor_name as "actorName",
         s.other_scan_id as "otherScanId", o.scanned_at as "otherAt", o.gate_no as "otherGateNo"
    from scans s left join scans o on o.tenant_id = s.tenant_id and o.scan_id = s.other_scan_id`;

/** Reads one scan of an event, which must be there. */
export async function readScan(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  scanId: string,
): Promise<Scan> {
  const [row] = await reader.query<Scan & Row>({
    name: 'read-scan',
    text: `${scanRows} where s.tenant_id = $1 and s.event_id = $2 and s.scan_id = $3`,
    values: [tenantId, eventId, scanId],
  });
  return row!;
}

/** A page of an event's scans, the last first; only those that let somebody through wrongly when asked for. */
export async function listScans(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  page: { before: number; limit: number; conflictsOnly: boolean },
): Promise<{ scans: Scan[]; hasMore: boolean }> {
  const rows = await reader.query<Scan & Row>({
    text: `${scanRows} where s.tenant_id = $1 and s.event_id = $2 and s.scan_no < $3 ${page.conflictsOnly ? 'and s.conflict' : ''}
            order by s.scan_no desc limit $4`,
    values: [tenantId, eventId, page.before, page.limit + 1],
  });
  return { scans: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** What happened at the door with a sale's tickets, the first first, with the gate's name; null for a main gate. */
export async function readScansOfSale(
  reader: Reader,
  tenantId: number,
  transactionId: string,
): Promise<
  (Pick<Scan, 'itemNo' | 'verdict' | 'reason' | 'conflict' | 'actorName'> & {
    at: Date;
    gateName: string | null;
  })[]
> {
  return await reader.query({
    text: `select s.item_no as "itemNo", s.verdict, s.reason, s.conflict, s.actor_name as "actorName", s.scanned_at as at,
                  g.name as "gateName"
             from scans s
             left join gates g on g.tenant_id = s.tenant_id and g.event_id = s.event_id and g.gate_no = s.gate_no
            where s.tenant_id = $1 and s.transaction_id = $2 order by s.recorded_at, s.scan_no`,
    values: [tenantId, transactionId],
  });
}
