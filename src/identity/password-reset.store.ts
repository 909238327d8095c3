import type { Row, Tx } from '../db/transaction.ts';

// A row of the table that better-auth keeps what is verified later in; what has expired is swept with the rest.
const identifierOf = (tokenHash: Buffer): string => `password-reset/${tokenHash.toString('hex')}`;

/** Keeps a link by which a person may set a new password; one from before ends. */
export async function createPasswordReset(
  tx: Tx,
  reset: { resetId: string; userId: string; tokenHash: Buffer; expiresAt: Date },
): Promise<void> {
  await tx.query({
    text: `delete from staff_verifications where value = $1 and identifier like 'password-reset/%'`,
    values: [reset.userId],
  });
  await tx.query({
    text: 'insert into staff_verifications (id, identifier, value, expires_at) values ($1, $2, $3, $4)',
    values: [reset.resetId, identifierOf(reset.tokenHash), reset.userId, reset.expiresAt],
  });
}

/** Takes a link, once. @returns whose it is; null when it can no longer be used. */
export async function takePasswordReset(
  tx: Tx,
  tokenHash: Buffer,
  now: Date,
): Promise<{ userId: string; name: string; email: string } | null> {
  const [row] = await tx.query<Row & { userId: string; name: string; email: string }>({
    text: `with taken as (
             delete from staff_verifications where identifier = $1 and expires_at > $2 returning value::uuid as id
           )
           select u.id as "userId", u.name, u.email from taken join staff_users u on u.id = taken.id`,
    values: [identifierOf(tokenHash), now],
  });
  return row ?? null;
}
