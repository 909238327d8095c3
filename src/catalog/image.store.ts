import { Problem } from '../base/errors.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { EventLook } from './event.ts';
import type { ImageSize } from './image.ts';
import { lockSeller } from './seller.store.ts';

/** A picture with its bytes. */
type StoredImage = { mediaType: string; content: Buffer };

/**
 * Keeps a picture of a seller; the same bytes are kept once. The seller must exist.
 * @param sha256 in hexadecimal.
 * @returns false when the seller has `max` already.
 */
export async function saveImage(
  tx: Tx,
  tenantId: number,
  image: ImageSize & { sha256: string; content: Buffer; at: Date },
  max: number,
): Promise<boolean> {
  await lockSeller(tx, tenantId);
  const [row] = await tx.query<Row & { known: boolean; count: number }>({
    text: `select count(*)::integer as count, coalesce(bool_or(sha256 = decode($2, 'hex')), false) as known
             from images where tenant_id = $1`,
    values: [tenantId, image.sha256],
  });
  if (row!.known) return true;
  if (row!.count >= max) return false;
  await tx.query({
    text: `insert into images (tenant_id, sha256, media_type, width, height, content, created_at)
           values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7)`,
    values: [tenantId, image.sha256, image.mediaType, image.width, image.height, image.content, image.at],
  });
  return true;
}

/** A picture by its SHA-256 in hexadecimal, or null. */
export async function readStoredImage(
  reader: Reader,
  tenantId: number,
  sha256: string,
): Promise<StoredImage | null> {
  const [row] = await reader.query<Row & StoredImage>({
    text: `select media_type as "mediaType", content from images where tenant_id = $1 and sha256 = decode($2, 'hex')`,
    values: [tenantId, sha256],
  });
  return row ?? null;
}

/** Sees that the pictures of a look are there. @throws Problem `image_not_found`. */
export async function requireImages(tx: Tx, tenantId: number, look: EventLook): Promise<void> {
  for (const sha256 of [look.picture, look.logo]) {
    if (sha256 === null) continue;
    const rows = await tx.query({
      text: `select from images where tenant_id = $1 and sha256 = decode($2, 'hex')`,
      values: [tenantId, sha256],
    });
    if (rows.length === 0) throw new Problem('image_not_found', `This seller has no image ${sha256}.`);
  }
}
