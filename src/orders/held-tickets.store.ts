import type { Locale } from '../base/format.ts';
import type { Reader, Row } from '../db/transaction.ts';
import type { TicketAccess } from './sale-token.ts';
import { readSale } from './sale.store.ts';
import type { Sale } from './sale.ts';

/** Who takes a ticket over. */
type Holder = { itemNo: number; name: string; email: string | null; phone: string | null; locale: Locale };

/** A sale as somebody may see it who takes over one ticket of it: without prices and without anything of the buyer. */
export function saleOfHolder(sale: Sale, transferId: string, { itemNo, locale, ...customer }: Holder): Sale {
  return {
    ...sale,
    heldBy: transferId,
    locale,
    customer,
    items: sale.items.filter((item) => item.itemNo === itemNo).map((item) => ({ ...item, total: 0 })),
    total: 0,
    fiscalNumber: null,
    taxes: [],
    steps: [],
  };
}

async function readHolder(
  reader: Reader,
  { tenantId, transactionId }: TicketAccess,
  transferId: string,
): Promise<Holder | undefined> {
  const [holder] = await reader.query<Holder & Row>({
    name: 'read-ticket-holder',
    text: `select item_no as "itemNo", holder_name as name, holder_email as email, null as phone,
                  holder_locale as locale
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
  return saleOfHolder(sale, transferId, holder);
}
