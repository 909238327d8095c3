import { generateKeyPairSync } from 'node:crypto';
import { addFiscalPoint, addSellerKey, createSeller } from '../../src/catalog/seller.store.ts';
import type { Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';

/** A seller as an administrator makes one: it could sell, and has nothing to. */
export async function createBareSeller(pool: Pool): Promise<void> {
  await transact(pool, async (tx) => {
    const tenantId = await createSeller(tx, {
      name: 'Teatro Aurora',
      legalName: 'Teatro Aurora, C.A.',
      taxId: 'J-30000000-1',
      timezone: 'America/Caracas',
      currency: 'USD',
      rounding: 'half_up',
    });
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    await addSellerKey(tx, tenantId, {
      keyId: 1,
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
    });
    await addFiscalPoint(tx, tenantId, {
      pointNo: 1,
      kind: 'online',
      name: 'Online',
      series: { prefix: 'A-', padding: 8, firstNumber: 1 },
    });
  });
}
