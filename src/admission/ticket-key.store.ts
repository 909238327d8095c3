import type { KeyObject } from 'node:crypto';
import type { Reader } from '../db/transaction.ts';
import { readPrivateKey, readPublicKey } from './ticket-code.ts';

/** A seller's key that signs tickets now. */
export type SigningKey = { keyId: number; privateKey: KeyObject };

/** A seller's key that tickets are verified with. */
export type VerifyingKey = { keyId: number; publicKey: KeyObject };

/** The newest key of a seller, which is the one that signs; null when it has none. */
export async function readSigningKey(reader: Reader, tenantId: number): Promise<SigningKey | null> {
  const [row] = await reader.query<{ key_id: number; private_key: Buffer }>({
    name: 'read-signing-key',
    text: 'select key_id, private_key from seller_keys where tenant_id = $1 order by key_id desc limit 1',
    values: [tenantId],
  });
  return row ? { keyId: row.key_id, privateKey: readPrivateKey(row.private_key) } : null;
}

/** One of a seller's keys to sign with, which it must have. */
export async function readSigningKeyOf(reader: Reader, tenantId: number, keyId: number): Promise<KeyObject> {
  const [row] = await reader.query<{ private_key: Buffer }>({
    text: 'select private_key from seller_keys where tenant_id = $1 and key_id = $2',
    values: [tenantId, keyId],
  });
  return readPrivateKey(row!.private_key);
}

/** All keys of a seller, the oldest first: tickets outlive the key that signs today. */
export async function readVerifyingKeys(reader: Reader, tenantId: number): Promise<VerifyingKey[]> {
  const rows = await reader.query<{ key_id: number; public_key: Buffer }>({
    name: 'read-verifying-keys',
    text: 'select key_id, public_key from seller_keys where tenant_id = $1 order by key_id',
    values: [tenantId],
  });
  return rows.map((row) => ({ keyId: row.key_id, publicKey: readPublicKey(row.public_key) }));
}
