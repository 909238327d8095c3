import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';
import type { DeviceKind } from './roles.ts';

/** A till or a scanner. */
export type Device = {
  deviceNo: number;
  kind: DeviceKind;
  name: string;
  createdAt: Date;
  enrolledAt: Date | null;
  lastSeenAt: Date | null;
  cutOffAt: Date | null;
};

/** A one-time code that a device may be enrolled by. */
export type EnrolmentCode = { hash: Buffer; expiresAt: Date };

/** The number that a seller's next device gets; others who ask wait until `tx` ends. */
export async function nextDeviceNo(tx: Tx, tenantId: number): Promise<number> {
  await tx.query({
    text: 'select from sellers where tenant_id = $1 for no key update',
    values: [tenantId],
  });
  const [row] = await tx.query<Row & { next: number }>({
    text: 'select coalesce(max(device_no), 0) + 1 as next from devices where tenant_id = $1',
    values: [tenantId],
  });
  return row!.next;
}

/** Creates a device that waits for its enrolment. */
export async function createDevice(
  tx: Tx,
  tenantId: number,
  device: Pick<Device, 'deviceNo' | 'kind' | 'name' | 'createdAt'>,
  code: EnrolmentCode,
): Promise<void> {
  await tx.query({
    text: `insert into devices (tenant_id, device_no, kind, name, created_at, code_hash, code_expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      tenantId,
      device.deviceNo,
      device.kind,
      device.name,
      device.createdAt,
      code.hash,
      code.expiresAt,
    ],
  });
}

const deviceColumns = `
  device_no as "deviceNo", kind, name, created_at as "createdAt", enrolled_at as "enrolledAt",
  last_seen_at as "lastSeenAt", cut_off_at as "cutOffAt"`;

/** A page of a seller's devices, those cut off included, in the order of their numbers. */
export async function listDevices(
  reader: Reader,
  tenantId: number,
  page: { limit: number; startingAfter?: number },
): Promise<{ devices: Device[]; hasMore: boolean }> {
  const rows = await reader.query<Device & Row>({
    text: `select ${deviceColumns} from devices where tenant_id = $1 and device_no > $2 order by device_no limit $3`,
    values: [tenantId, page.startingAfter ?? 0, page.limit + 1],
  });
  return { devices: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** Reads and locks a device, or null. */
export async function lockDevice(tx: Tx, tenantId: number, deviceNo: number): Promise<Device | null> {
  const [row] = await tx.query<Device & Row>({
    text: `select ${deviceColumns} from devices where tenant_id = $1 and device_no = $2 for update`,
    values: [tenantId, deviceNo],
  });
  return row ?? null;
}

/** Gives a device another code; the one before and the attempts at it are forgotten. */
export async function renewCode(
  tx: Tx,
  tenantId: number,
  deviceNo: number,
  code: EnrolmentCode,
): Promise<void> {
  await tx.query({
    text: `update devices set code_hash = $3, code_expires_at = $4, code_attempts = 0
            where tenant_id = $1 and device_no = $2`,
    values: [tenantId, deviceNo, code.hash, code.expiresAt],
  });
}

/** Takes a device's token and code away for ever. */
export async function cutOffDevice(tx: Tx, tenantId: number, deviceNo: number, now: Date): Promise<void> {
  await tx.query({
    text: `update devices set cut_off_at = $3, token_hash = null, code_hash = null, code_expires_at = null
            where tenant_id = $1 and device_no = $2`,
    values: [tenantId, deviceNo, now],
  });
}

/** What came of trying a code: `ended` when there is none left to try. */
export type Enrolment =
  | { outcome: 'enrolled'; kind: DeviceKind; name: string }
  | { outcome: 'wrong' | 'ended' };

/** Tries a code; a wrong one counts, whatever becomes of the request. The guard is in SQL's enrol_device. */
export async function enrolDevice(
  tx: Tx,
  key: { tenantId: number; deviceNo: number },
  attempt: { codeHash: Buffer; tokenHash: Buffer; attemptsMax: number; now: Date },
): Promise<Enrolment> {
  const [row] = await tx.query<Enrolment & Row>({
    text: 'select outcome, kind, name from enrol_device($1, $2, $3, $4, $5, $6)',
    values: [
      key.tenantId,
      key.deviceNo,
      attempt.codeHash,
      attempt.tokenHash,
      attempt.attemptsMax,
      attempt.now,
    ],
  });
  return row!;
}

/** The device of a token, or null when there is none, or it was cut off. */
export async function findDevice(
  reader: Reader,
  tenantId: number,
  tokenHash: Buffer,
): Promise<Pick<Device, 'deviceNo' | 'kind' | 'name' | 'lastSeenAt'> | null> {
  const [row] = await reader.query<Pick<Device, 'deviceNo' | 'kind' | 'name' | 'lastSeenAt'> & Row>({
    name: 'find-device',
    text: `select device_no as "deviceNo", kind, name, last_seen_at as "lastSeenAt"
             from devices where tenant_id = $1 and token_hash = $2 and cut_off_at is null`,
    values: [tenantId, tokenHash],
  });
  return row ?? null;
}

/** Notes that a device was seen. */
export async function touchDevice(pool: Pool, tenantId: number, deviceNo: number, now: Date): Promise<void> {
  await transactOnce(pool, {
    text: `update devices set last_seen_at = $3
            where tenant_id = $1 and device_no = $2 and (last_seen_at is null or last_seen_at < $3)`,
    values: [tenantId, deviceNo, now],
  });
}
