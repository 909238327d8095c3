import { createHmac, timingSafeEqual } from 'node:crypto';
import { Problem } from '../base/errors.ts';
import { formatUuid, isUuid } from '../base/ids.ts';

/** What a secret link opens: one sale of one seller. */
export type SaleKey = { tenantId: number; transactionId: string };

/** Where a sale is read. Absolute when the public address is configured, else paths of this server. */
export type SaleLinks = {
  self: string;
  events: string;
  tickets: string;
  calendar: string;
  ticket_page: string;
  page: string;
  /** Leads to where an order that waits for a card is paid. */
  pay: string;
  /** The page by few characters: an SMS is paid for by its length. */
  short: string;
};

/** Where one ticket of a sale is taken into a wallet; what is not configured is absent. */
export type WalletLinks = { apple_wallet?: string; google_wallet?: string };

// 18 bytes are 144 bits, and 24 characters of base64url without padding.
const macBytes = 18;
const tokenPattern = /^([1-9]\d{0,9})\.([A-Za-z0-9_-]{24})$/;
const maxInt4 = 2_147_483_647;

function mac(secret: string, key: SaleKey): Buffer {
  const text = `${key.tenantId}|${key.transactionId}`;
  return createHmac('sha256', secret).update(text).digest().subarray(0, macBytes);
}

/**
 * The unguessable part of a sale's secret link: `<tenantId>.<24 characters>`, derived from the
 * server's secret, so that it is stored nowhere and can be made again for the same sale.
 */
export function saleToken(secret: string, tenantId: number, transactionId: string): string {
  return `${tenantId}.${mac(secret, { tenantId, transactionId }).toString('base64url')}`;
}

/**
 * The sale that a token opens, or null when the token is missing, malformed, or another sale's. The
 * comparison takes the same time wherever the texts differ.
 */
export function openSale(secret: string, transactionId: string, token: string | undefined): SaleKey | null {
  const match = tokenPattern.exec(token ?? '');
  if (!match || !isUuid(transactionId)) return null;
  const tenantId = Number(match[1]);
  if (tenantId > maxInt4) return null;
  const key = { tenantId, transactionId };
  return timingSafeEqual(Buffer.from(match[2]!, 'base64url'), mac(secret, key)) ? key : null;
}

/** What a link to tickets opens: a buyer's all of a sale, a holder's the one that a transfer brought. */
export type TicketAccess = SaleKey & { transferId: string | null };

const uuidBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

function holderMac(secret: string, { tenantId, transactionId }: SaleKey, transferId: string): Buffer {
  const text = `holder|${tenantId}|${transactionId}|${transferId}`;
  return createHmac('sha256', secret).update(text).digest().subarray(0, macBytes);
}

/** The unguessable part of a holder's link: the transfer's 16 bytes before those that prove it. */
export function holderToken(secret: string, key: SaleKey, transferId: string): string {
  const bytes = Buffer.concat([uuidBytes(transferId), holderMac(secret, key, transferId)]);
  return `${key.tenantId}.${bytes.toString('base64url')}`;
}

/** What a buyer's or a holder's token opens, or null for any other text. */
export function openTickets(
  secret: string,
  transactionId: string,
  token: string | undefined,
): TicketAccess | null {
  const sale = openSale(secret, transactionId, token);
  if (sale) return { ...sale, transferId: null };
  const match = shortPattern.exec(token ?? '');
  const tenantId = Number(match?.[1]);
  if (!match || tenantId > maxInt4 || !isUuid(transactionId)) return null;
  const bytes = Buffer.from(match[2]!, 'base64url');
  const transferId = formatUuid(bytes.subarray(0, 16));
  const key = { tenantId, transactionId };
  return timingSafeEqual(bytes.subarray(16), holderMac(secret, key, transferId))
    ? { ...key, transferId }
    : null;
}

// The sale's 16 bytes before those of its token: 34 bytes are 46 characters.
const shortPattern = /^([1-9]\d{0,9})\.([A-Za-z0-9_-]{46})$/;

/** What a short link says of a sale: `<tenantId>.<46 characters>`, as unguessable as its token. */
export function shortCode(secret: string, tenantId: number, transactionId: string): string {
  return `${tenantId}.${Buffer.concat([uuidBytes(transactionId), mac(secret, { tenantId, transactionId })]).toString('base64url')}`;
}

/** The sale that a short link's code opens, or null when it is malformed or another sale's. */
export function openShortCode(secret: string, code: string): SaleKey | null {
  const match = shortPattern.exec(code);
  if (!match) return null;
  const bytes = Buffer.from(match[2]!, 'base64url');
  const token = `${match[1]}.${bytes.subarray(16).toString('base64url')}`;
  return openSale(secret, formatUuid(bytes.subarray(0, 16)), token);
}

/** What a missing sale and a wrong token are answered with: the same, so that nobody learns which sales exist. */
export function saleNotFound(): Problem {
  return new Problem('transaction_not_found', 'There is no such sale, or the link to it is not complete.');
}

/** The links of a sale, each with its secret token. `publicUrl` is the shop's address, if one is set. */
export function saleLinks(
  secret: string,
  publicUrl: string | undefined,
  tenantId: number,
  transactionId: string,
): SaleLinks {
  const base = (publicUrl ?? '').replace(/\/+$/, '');
  const query = `?token=${saleToken(secret, tenantId, transactionId)}`;
  const sale = `${base}/sales/transactions/${transactionId}`;
  return {
    self: `${sale}${query}`,
    events: `${sale}/events${query}`,
    tickets: `${sale}/tickets.pdf${query}`,
    calendar: `${sale}/calendar.ics${query}`,
    ticket_page: `${base}/tickets/${transactionId}${query}`,
    page: `${base}/orders/${transactionId}${query}`,
    pay: `${sale}/pay${query}`,
    short: `${base}/o/${shortCode(secret, tenantId, transactionId)}`,
  };
}

/** The token of whoever has this access. */
export function accessToken(secret: string, access: TicketAccess): string {
  const { tenantId, transactionId, transferId } = access;
  return transferId === null
    ? saleToken(secret, tenantId, transactionId)
    : holderToken(secret, access, transferId);
}

/** Where whoever has this access finds their tickets: all of them, and as a page for the telephone. */
export function ticketLinks(secret: string, publicUrl: string | undefined, access: TicketAccess) {
  const base = (publicUrl ?? '').replace(/\/+$/, '');
  const query = `?token=${accessToken(secret, access)}`;
  const sale = `${base}/sales/transactions/${access.transactionId}`;
  return {
    pdf: `${sale}/tickets.pdf${query}`,
    calendar: `${sale}/calendar.ics${query}`,
    page: `${base}/tickets/${access.transactionId}${query}`,
  };
}

/** The link that a ticket goes to its receiver by. */
export function transferLink(publicUrl: string | undefined, token: string): string {
  return `${(publicUrl ?? '').replace(/\/+$/, '')}/transfer?token=${token}`;
}

/** The links of one ticket to the wallets that are configured. */
export function walletLinks(
  secret: string,
  publicUrl: string | undefined,
  access: TicketAccess,
  itemNo: number,
  wallets: { apple: boolean; google: boolean },
): WalletLinks {
  const base = (publicUrl ?? '').replace(/\/+$/, '');
  const query = `?token=${accessToken(secret, access)}`;
  const ticket = `${base}/sales/transactions/${access.transactionId}/tickets/${itemNo}`;
  return {
    ...(wallets.apple && { apple_wallet: `${ticket}/apple-wallet.pkpass${query}` }),
    ...(wallets.google && { google_wallet: `${ticket}/google-wallet${query}` }),
  };
}
