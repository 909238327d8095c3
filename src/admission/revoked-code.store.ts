import type { EventKey } from '../base/ids.ts';
import type { Reader, Row } from '../db/transaction.ts';

/** A code that the door refuses: of a ticket that has a newer one, or was given back. */
export type RevokedCode = {
  revocationNo: number;
  transactionId: string;
  itemNo: number;
  generation: number;
  reason: 'reissued' | 'transferred' | 'returned';
  revokedAt: Date;
};

/** The codes of an event that were revoked after a number, in the order of their numbers; one more than asked for tells that there are more. */
export async function readRevokedCodes(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  after: number,
  limit: number,
): Promise<{ codes: RevokedCode[]; hasMore: boolean }> {
  const rows = await reader.query<RevokedCode & Row>({
    name: 'read-revoked-codes',
    text: `select revocation_no as "revocationNo", transaction_id as "transactionId", item_no as "itemNo", generation,
                  reason, revoked_at as "revokedAt"
             from revoked_codes
            where tenant_id = $1 and event_id = $2 and revocation_no > $3
            order by revocation_no limit $4`,
    values: [tenantId, eventId, after, limit + 1],
  });
  return { codes: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** Whether a seller has an event of this number. */
export async function hasEvent(reader: Reader, { tenantId, eventId }: EventKey): Promise<boolean> {
  const rows = await reader.query({
    name: 'has-event',
    text: 'select from events where tenant_id = $1 and event_id = $2',
    values: [tenantId, eventId],
  });
  return rows.length > 0;
}
