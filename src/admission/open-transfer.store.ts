import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import { parseToken } from '../identity/secret-token.ts';
import { findTransfer, type TicketTransfer } from './ticket-transfer.store.ts';

/** What is answered when an offer can no longer be accepted. */
export function transferEnded(): Problem {
  return new Problem(
    'transfer_ended',
    'This link was used, withdrawn, or has expired. Ask its sender for another.',
  );
}

/** The offer of a link. @throws Problem `transfer_not_found` for a text that is no token, or nobody's. */
export async function openTransfer(reader: Reader, text: string): Promise<TicketTransfer> {
  const token = parseToken(text);
  const transfer = token?.kind === 'transfer' ? await findTransfer(reader, token.tenantId, token.hash) : null;
  if (!transfer)
    throw new Problem('transfer_not_found', 'There is no such transfer, or the link is not complete.');
  return transfer;
}
