import { transferToken } from '../identity/secret-token.ts';
import { ticketLinks, transferLink } from '../orders/sale-token.ts';

/** One ticket on its way from one person to another. */
export type TransferKey = { tenantId: number; transactionId: string; transferId: string };

/** Where a receiver takes a ticket, and where they find it from then on. */
export type ReceiverLinks = {
  offer: string;
  /** The offer by few characters: an SMS is paid for by its length. */
  short: string;
  page: string;
};

const codePattern = /^([1-9]\d{0,9})\.([A-Za-z0-9_-]{43})$/;

/** The links of a transfer, made from the server's secret: they are stored nowhere, and are the same each time. */
export function receiverLinks(secret: string, publicUrl: string, key: TransferKey): ReceiverLinks {
  const token = transferToken(secret, key.tenantId, key.transferId).text;
  const code = `${key.tenantId}.${token.slice(`tq_transfer_${key.tenantId}_`.length)}`;
  return {
    offer: transferLink(publicUrl, token),
    short: `${publicUrl.replace(/\/+$/, '')}/t/${code}`,
    page: ticketLinks(secret, publicUrl, key).page,
  };
}

/** The token that a short link's code stands for, or null for a text that is no such code. */
export function tokenOfCode(code: string): string | null {
  const match = codePattern.exec(code);
  return match && `tq_transfer_${match[1]}_${match[2]}`;
}
