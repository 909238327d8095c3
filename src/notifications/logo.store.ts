import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Brand } from './brand.ts';

/** A logo's bytes, a PNG; null when the seller has had none of this digest. */
export async function readLogoBytes(
  reader: Reader,
  tenantId: number,
  sha256: string,
): Promise<Buffer | null> {
  const [row] = await reader.query<Row & { png: Buffer }>({
    name: 'read-logo',
    text: `select png from logos where tenant_id = $1 and sha256 = decode($2, 'hex')`,
    values: [tenantId, sha256],
  });
  return row?.png ?? null;
}

/** The bytes of the logo that a brand has; null when it has none. */
export async function readBrandLogo(
  reader: Reader,
  tenantId: number,
  { logoSha256 }: Brand,
): Promise<Buffer | null> {
  return logoSha256 === null ? null : await readLogoBytes(reader, tenantId, logoSha256);
}

/** Keeps a logo as the seller's; null: it has none from now on. */
export async function saveLogo(
  tx: Tx,
  tenantId: number,
  logo: { png: Buffer; sha256: string } | null,
  now: Date,
): Promise<void> {
  if (logo) {
    await tx.query({
      text: `insert into logos (tenant_id, sha256, png, created_at) values ($1, decode($2, 'hex'), $3, $4)
             on conflict do nothing`,
      values: [tenantId, logo.sha256, logo.png, now],
    });
  }
  await tx.query({
    text: `insert into brands (tenant_id, logo_sha256) values ($1, decode($2, 'hex'))
           on conflict (tenant_id) do update set logo_sha256 = excluded.logo_sha256, updated_at = now()`,
    values: [tenantId, logo?.sha256 ?? null],
  });
}
