import type { IdSource } from '../base/ids.ts';
import type { Tx } from '../db/transaction.ts';
import type { Facts } from './audit-log.ts';
import { recordChange } from './audit-log.store.ts';
import { listWorkplaces } from './staff.store.ts';

/** What somebody changed of their own, such as their password. */
export type PersonalChange = {
  person: { userId: string; name: string };
  at: Date;
  verb: string;
  after?: Facts;
  address: string;
  requestId: string;
};

/** Writes a change that people make to their own sign-in into the log of every seller where they work. */
export async function recordPersonalChange(tx: Tx, ids: IdSource, change: PersonalChange): Promise<void> {
  const { person, at, verb, after, address, requestId } = change;
  const workplaces = await listWorkplaces(tx, person.userId);
  for (const { tenantId } of workplaces) {
    await recordChange(tx, ids, {
      tenantId,
      at,
      actor: { kind: 'staff', id: person.userId, name: person.name, address, requestId },
      verb,
      object: { kind: 'staff', id: person.userId },
      ...(after ? { after } : {}),
    });
  }
}
