import type { Reader, Row, Tx } from '../db/transaction.ts';

/** Who a seller is on its documents. */
export type FiscalIdentity = { legalName: string; taxId: string; address: string | null };

/** Who the seller is on what is issued now. The seller exists: whoever asks was found to have a right there. */
export async function readFiscalIdentity(reader: Reader, tenantId: number): Promise<FiscalIdentity> {
  const [row] = await reader.query<FiscalIdentity & Row>({
    text: 'select legal_name as "legalName", tax_id as "taxId", address from sellers where tenant_id = $1',
    values: [tenantId],
  });
  return row!;
}

/**
 * Changes who the seller is on what is issued from now on: what was issued shows it as it was (seller_history in SQL).
 * @returns what it was.
 */
export async function changeFiscalIdentity(
  tx: Tx,
  tenantId: number,
  { legalName, taxId, address }: FiscalIdentity,
): Promise<FiscalIdentity> {
  const [before] = await tx.query<FiscalIdentity & Row>({
    text: `select legal_name as "legalName", tax_id as "taxId", address from sellers
            where tenant_id = $1 for no key update`,
    values: [tenantId],
  });
  await tx.query({
    text: 'update sellers set legal_name = $2, tax_id = $3, address = $4 where tenant_id = $1',
    values: [tenantId, legalName, taxId, address],
  });
  return before!;
}
