import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';
import type { Right } from './roles.ts';

export type NewApiKey = {
  keyId: string;
  name: string;
  hint: string;
  tokenHash: Buffer;
  rights: readonly Right[];
  createdAt: Date;
  expiresAt: Date | null;
};

/** A key as it can be shown: never the key itself. */
export type ApiKey = Omit<NewApiKey, 'tokenHash'> & { lastUsedAt: Date | null; revokedAt: Date | null };

/** Creates an API key of a seller. */
export async function createApiKey(tx: Tx, tenantId: number, key: NewApiKey): Promise<void> {
  await tx.query({
    text: `insert into api_keys (tenant_id, key_id, name, hint, token_hash, rights, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      tenantId,
      key.keyId,
      key.name,
      key.hint,
      key.tokenHash,
      key.rights,
      key.createdAt,
      key.expiresAt,
    ],
  });
}

/** A page of a seller's keys, revoked ones included, the newest first. */
export async function listApiKeys(
  reader: Reader,
  tenantId: number,
  page: { limit: number; startingAfter?: string },
): Promise<{ keys: ApiKey[]; hasMore: boolean }> {
  const rows = await reader.query<ApiKey & Row>({
    text: `select key_id as "keyId", name, hint, rights, created_at as "createdAt", expires_at as "expiresAt",
                  last_used_at as "lastUsedAt", revoked_at as "revokedAt"
             from api_keys where tenant_id = $1 and ($2::uuid is null or key_id < $2)
            order by key_id desc limit $3`,
    values: [tenantId, page.startingAfter ?? null, page.limit + 1],
  });
  return { keys: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** The key of a hash, if it can be used; null for one that is unknown, revoked or expired. */
export async function findApiKey(
  reader: Reader,
  tenantId: number,
  tokenHash: Buffer,
  now: Date,
): Promise<{ keyId: string; name: string; rights: Right[]; lastUsedAt: Date | null } | null> {
  const [row] = await reader.query<
    Row & { keyId: string; name: string; rights: Right[]; lastUsedAt: Date | null }
  >({
    name: 'find-api-key',
    text: `select key_id as "keyId", name, rights, last_used_at as "lastUsedAt"
             from api_keys
            where tenant_id = $1 and token_hash = $2 and revoked_at is null and (expires_at is null or expires_at > $3)`,
    values: [tenantId, tokenHash, now],
  });
  return row ?? null;
}

/** Notes that a key was used. */
export async function touchApiKey(pool: Pool, tenantId: number, keyId: string, now: Date): Promise<void> {
  await transactOnce(pool, {
    text: `update api_keys set last_used_at = $3
            where tenant_id = $1 and key_id = $2 and (last_used_at is null or last_used_at < $3)`,
    values: [tenantId, keyId, now],
  });
}

/** Revokes a key. @returns its name and whether it was revoked only now, or null when there is no such key. */
export async function revokeApiKey(
  tx: Tx,
  tenantId: number,
  keyId: string,
  now: Date,
): Promise<{ name: string; revokedNow: boolean } | null> {
  const [revoked] = await tx.query<Row & { name: string }>({
    text: `update api_keys set revoked_at = $3 where tenant_id = $1 and key_id = $2 and revoked_at is null returning name`,
    values: [tenantId, keyId, now],
  });
  if (revoked) return { name: revoked.name, revokedNow: true };
  const [known] = await tx.query<Row & { name: string }>({
    text: 'select name from api_keys where tenant_id = $1 and key_id = $2',
    values: [tenantId, keyId],
  });
  return known ? { name: known.name, revokedNow: false } : null;
}
