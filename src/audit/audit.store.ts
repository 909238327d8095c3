import type { KeyObject } from 'node:crypto';
import { formatTicketCode, readPublicKey, verifyTicket } from '../admission/ticket-code.ts';
import type { Reader } from '../db/transaction.ts';
import type { Invariant } from './invariant.ts';

/** What a check found: how many culprits, and the first few of them. */
export type Finding = { count: number; culprits: string[] };

const culpritsShown = 5;

/** Runs one invariant's query. */
export async function findCulprits(
  tx: Reader,
  invariant: Invariant,
  tenantId: number | null,
): Promise<Finding> {
  const [row] = await tx.query<{ count: number; culprits: string[] | null }>({
    text: `with found as materialized (${invariant.sql})
           select (select count(*) from found) as count,
                  (select array_agg(culprit) from (select culprit from found limit ${culpritsShown}) few) as culprits`,
    values: [tenantId],
  });
  return { count: row!.count, culprits: row!.culprits ?? [] };
}

type TicketRow = {
  tenant_id: number;
  transaction_id: string;
  item_no: number;
  event_id: number;
  key_id: number;
  signature: Buffer;
  generation: number;
};

async function readKeys(tx: Reader, tenantId: number | null): Promise<Map<string, KeyObject>> {
  const rows = await tx.query<{ tenant_id: number; key_id: number; public_key: Buffer }>({
    text: 'select tenant_id, key_id, public_key from seller_keys where $1::integer is null or tenant_id = $1',
    values: [tenantId],
  });
  return new Map(rows.map((row) => [`${row.tenant_id}/${row.key_id}`, readPublicKey(row.public_key)]));
}

/**
 * Verifies the signature of every ticket of a place (I7), page by page, some 10,000 a second; that there is no
 * other ticket is for SQL to say (I6). Two cannot share a code: it says which item it is of, the key of the row.
 */
export async function findBadTickets(tx: Reader, tenantId: number | null): Promise<Finding> {
  const keys = await readKeys(tx, tenantId);
  const finding: Finding = { count: 0, culprits: [] };
  await tx.query({
    text: `declare every_ticket no scroll cursor for
             select k.tenant_id, k.transaction_id, k.item_no, i.event_id, k.key_id, k.signature,
                    coalesce(k.generation, 1) as generation
               from tickets k join transaction_items i using (tenant_id, transaction_id, item_no)
              where ${tenantId === null ? 'true' : `k.tenant_id = ${tenantId}`}`,
  });
  for (;;) {
    const rows = await tx.query<TicketRow>({ text: 'fetch 2000 from every_ticket' });
    if (rows.length === 0) return finding;
    for (const row of rows) {
      const claims = {
        tenantId: row.tenant_id,
        eventId: row.event_id,
        transactionId: row.transaction_id,
        itemNo: row.item_no,
        keyId: row.key_id,
        generation: row.generation,
      };
      const verdict = verifyTicket(formatTicketCode(claims, row.signature), (tenant, key) =>
        keys.get(`${tenant}/${key}`),
      );
      if (verdict.valid) continue;
      finding.count++;
      if (finding.culprits.length < culpritsShown) {
        finding.culprits.push(`ticket ${row.transaction_id}-${row.item_no} of seller ${row.tenant_id}`);
      }
    }
  }
}
