import type { Row, Tx } from '../db/transaction.ts';

export type WalletPushKind = 'apple' | 'google_object' | 'google_class';

/** Something that a wallet is to be told. */
export type WalletPush = {
  tenantId: number;
  kind: WalletPushKind;
  /** A telephone's push token, a pass's serial number, or an event's number. */
  target: string;
  version: number;
  /** This one included. */
  attempts: number;
};

/** Takes what is due, for a time: whoever dies with it leaves it to be taken again. */
export async function takeWalletPushes(
  tx: Tx,
  kinds: readonly WalletPushKind[],
  batch: { max: number; leaseUntil: Date },
  now: Date,
): Promise<WalletPush[]> {
  return await tx.query<WalletPush & Row>({
    name: 'take-wallet-pushes',
    text: `update wallet_pushes w set due_at = $4, attempts = w.attempts + 1
             from (select tenant_id, kind, target from wallet_pushes
                    where due_at <= $3 and kind = any ($1::wallet_push_kind[])
                    order by due_at limit $2 for update skip locked) d
            where w.tenant_id = d.tenant_id and w.kind = d.kind and w.target = d.target
           returning w.tenant_id as "tenantId", w.kind, w.target, w.version, w.attempts`,
    values: [kinds, batch.max, now, batch.leaseUntil],
  });
}

/** Ends a push; one that was noted anew while it was under way stays. */
export async function endWalletPush(tx: Tx, { tenantId, kind, target, version }: WalletPush): Promise<void> {
  await tx.query({
    name: 'end-wallet-push',
    text: 'delete from wallet_pushes where tenant_id = $1 and kind = $2 and target = $3 and version = $4',
    values: [tenantId, kind, target, version],
  });
}

/** Puts a push off that failed, with the reason in words. */
export async function postponeWalletPush(
  tx: Tx,
  { tenantId, kind, target, version }: WalletPush,
  dueAt: Date,
  error: string,
): Promise<void> {
  await tx.query({
    name: 'postpone-wallet-push',
    text: `update wallet_pushes set due_at = $5, last_error = $6
            where tenant_id = $1 and kind = $2 and target = $3 and version = $4`,
    values: [tenantId, kind, target, version, dueAt, error],
  });
}

/** Forgets a telephone that Apple no longer knows. */
export async function forgetTelephone(tx: Tx, tenantId: number, pushToken: string): Promise<void> {
  await tx.query({
    text: 'delete from apple_registrations where tenant_id = $1 and push_token = $2',
    values: [tenantId, pushToken],
  });
}
