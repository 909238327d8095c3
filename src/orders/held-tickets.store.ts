import type { Locale } from '../base/format.ts';
import type { Reader, Row } from '../db/transaction.ts';
import type { TicketAccess } from './sale-token.ts';
import { readSale } from './sale.store.ts';
import type { Sale } from './sale.ts';

/** Who took a ticket over. */
type Holder = { itemNo: number; name: string; email: string; locale: Locale };

async function readHolder(
  reader: Reader,
  { tenantId, transactionId }: TicketAccess,
  transferId: string,
): Promise<Holder | undefined> {
  const [holder] = await reader.query<Holder & Row>({
    name: 'read-ticket-holder',
    text: `select item_no as "itemNo", holder_name as name, holder_email as email, holder_locale as locale
             from ticket_transfers
            where tenant_id = $1 and transfer_id = $2 and transaction_id = $3 and accepted_at is not null`,
    values: [tenantId, transferId, transactionId],
  });
  return holder;
}

/**
 * The sale as whoever has a link to tickets may see it: a buyer all of it, a holder the one ticket, without prices and
 * without anything of the buyer.
 */
export async function readHeldTickets(reader: Reader, access: TicketAccess): Promise<Sale | null> {
  const { transferId } = access;
  if (transferId === null) return await readSale(reader, access);
  const [sale, holder] = await Promise.all([
    readSale(reader, access),
    readHolder(reader, access, transferId),
  ]);
  if (!sale || !holder) return null;
  const { itemNo, name, email, locale } = holder;
  return {
    ...sale,
    heldBy: transferId,
    locale,
    customer: { name, email, phone: null },
    items: sale.items.filter((item) => item.itemNo === itemNo).map((item) => ({ ...item, total: 0 })),
    total: 0,
    fiscalNumber: null,
    taxes: [],
    steps: [],
  };
}
