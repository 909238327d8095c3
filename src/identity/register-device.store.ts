import type { IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Tx } from '../db/transaction.ts';
import { recordChange } from './audit-log.store.ts';
import { createDevice, nextDeviceNo, type Device } from './device.store.ts';
import type { Actor } from './principal.ts';
import type { DeviceKind } from './roles.ts';
import { makeEnrolmentCode } from './secret-token.ts';

/**
 * Registers a till or a scanner, and writes it into the audit log.
 * @returns also the code that enrols it, which is shown once, and until when.
 */
export async function registerDevice(
  tx: Tx,
  ids: IdSource,
  wanted: { tenantId: number; kind: DeviceKind; name: string; actor: Actor; now: Date },
): Promise<{ device: Device; code: string; expiresAt: Date }> {
  const { tenantId, kind, name, actor, now } = wanted;
  const expiresAt = new Date(now.getTime() + limits.enrolmentCodeSeconds * 1000);
  const deviceNo = await nextDeviceNo(tx, tenantId);
  const code = makeEnrolmentCode(tenantId, deviceNo);
  await createDevice(tx, tenantId, { deviceNo, kind, name, createdAt: now }, { hash: code.hash, expiresAt });
  await recordChange(tx, ids, {
    tenantId,
    at: now,
    actor,
    verb: 'register',
    object: { kind: 'device', id: String(deviceNo) },
    after: { kind, name },
  });
  const unused = { enrolledAt: null, lastSeenAt: null, cutOffAt: null };
  return { device: { deviceNo, kind, name, createdAt: now, ...unused }, code: code.text, expiresAt };
}
