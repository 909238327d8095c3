import { randomBytes } from 'node:crypto';
import type { Tx } from './transaction.ts';

/** A secret that every process of this database shares: made at its first use, and the same ever after. */
export async function sharedSecret(tx: Tx, name: string): Promise<string> {
  await tx.query({
    text: 'insert into server_secrets (name, value) values ($1, $2) on conflict do nothing',
    values: [name, randomBytes(32).toString('base64url')],
  });
  const rows = await tx.query<{ value: string }>({
    text: 'select value from server_secrets where name = $1',
    values: [name],
  });
  return rows[0]!.value;
}
