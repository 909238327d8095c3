import type { Locale } from '../base/format.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { TicketKey } from './held-ticket.ts';

/** An offer of a ticket, open or ended. */
export type TicketTransfer = TicketKey & {
  transferId: string;
  expiresAt: Date;
  withdrawnAt: Date | null;
  acceptedAt: Date | null;
  acceptKeyHash: Buffer | null;
};

/** Keeps an offer; an open one of the same ticket ends, so that one link works at a time. */
export async function offerTransfer(
  tx: Tx,
  { tenantId, transactionId, itemNo }: TicketKey,
  offer: { transferId: string; tokenHash: Buffer; createdAt: Date; expiresAt: Date },
): Promise<void> {
  await tx.query({
    text: `update ticket_transfers set withdrawn_at = $4
            where tenant_id = $1 and transaction_id = $2 and item_no = $3 and accepted_at is null and withdrawn_at is null`,
    values: [tenantId, transactionId, itemNo, offer.createdAt],
  });
  await tx.query({
    text: `insert into ticket_transfers (tenant_id, transfer_id, transaction_id, item_no, token_hash, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      tenantId,
      offer.transferId,
      transactionId,
      itemNo,
      offer.tokenHash,
      offer.createdAt,
      offer.expiresAt,
    ],
  });
}

/** Withdraws an open offer of a ticket. @returns false when there is none such. */
export async function withdrawTransfer(
  tx: Tx,
  { tenantId, transactionId, itemNo }: TicketKey,
  transferId: string,
  now: Date,
): Promise<boolean> {
  const rows = await tx.query({
    text: `update ticket_transfers set withdrawn_at = $5
            where tenant_id = $1 and transaction_id = $2 and item_no = $3 and transfer_id = $4
              and accepted_at is null and withdrawn_at is null
           returning true as done`,
    values: [tenantId, transactionId, itemNo, transferId, now],
  });
  return rows.length > 0;
}

/** The open offers of a sale's tickets. */
export async function readOpenTransfers(
  reader: Reader,
  { tenantId, transactionId }: Omit<TicketKey, 'itemNo'>,
  now: Date,
): Promise<{ transferId: string; itemNo: number; expiresAt: Date }[]> {
  return await reader.query<Row & { transferId: string; itemNo: number; expiresAt: Date }>({
    name: 'read-open-transfers',
    text: `select transfer_id as "transferId", item_no as "itemNo", expires_at as "expiresAt"
             from ticket_transfers
            where tenant_id = $1 and transaction_id = $2
              and accepted_at is null and withdrawn_at is null and expires_at > $3`,
    values: [tenantId, transactionId, now],
  });
}

const columns = `tenant_id as "tenantId", transaction_id as "transactionId", item_no as "itemNo",
                  transfer_id as "transferId", expires_at as "expiresAt", withdrawn_at as "withdrawnAt",
                  accepted_at as "acceptedAt", accept_key_hash as "acceptKeyHash"`;

/** Whether an offer can still be accepted. */
export function isOpen({ acceptedAt, withdrawnAt, expiresAt }: TicketTransfer, now: Date): boolean {
  return acceptedAt === null && withdrawnAt === null && expiresAt > now;
}

/** An offer by its id, in whatever state it is; null when there is none. */
export async function readTransfer(
  reader: Reader,
  tenantId: number,
  transferId: string,
): Promise<TicketTransfer | null> {
  const [row] = await reader.query<TicketTransfer & Row>({
    name: 'read-transfer',
    text: `select ${columns} from ticket_transfers where tenant_id = $1 and transfer_id = $2`,
    values: [tenantId, transferId],
  });
  return row ?? null;
}

/** The offer that a link's token names, in whatever state it is; null when there is none. */
export async function findTransfer(
  reader: Reader,
  tenantId: number,
  tokenHash: Buffer,
): Promise<TicketTransfer | null> {
  const [row] = await reader.query<TicketTransfer & Row>({
    name: 'find-transfer',
    text: `select ${columns} from ticket_transfers where tenant_id = $1 and token_hash = $2`,
    values: [tenantId, tokenHash],
  });
  return row ?? null;
}

/** Takes an open offer. @returns false when it is open no more. */
export async function takeTransfer(
  tx: Tx,
  { tenantId, transferId }: TicketTransfer,
  holder: { keyHash: Buffer; name: string; email: string; locale: Locale },
  now: Date,
): Promise<boolean> {
  const [row] = await tx.query<{ taken: boolean | null }>({
    name: 'take-transfer',
    text: 'select take_transfer($1, $2, $3, $4, $5, $6, $7) as taken',
    values: [tenantId, transferId, holder.keyHash, holder.name, holder.email, holder.locale, now],
  });
  return row?.taken === true;
}
