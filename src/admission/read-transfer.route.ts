import type { Clock } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { readSale } from '../orders/sale.store.ts';
import { openTransfer, transferEnded } from './open-transfer.store.ts';
import { isOpen } from './ticket-transfer.store.ts';
import { offeredTicketSchema, transferTokenSchema } from './ticket.schema.ts';

type Deps = { reader: Reader; clock: Clock };

/** `GET /transfers?token=…`: what a link offers: the event and the place, nothing of who offers it. */
export function readTransferRoute(app: App, { reader, clock }: Deps): void {
  app.get(
    '/transfers',
    {
      compress: false,
      config: { problems: ['transfer_not_found', 'transfer_ended'] },
      schema: {
        operationId: 'readTransfer',
        tags: ['tickets'],
        summary: 'The ticket that a link offers',
        querystring: object({ token: transferTokenSchema }),
        response: { 200: offeredTicketSchema },
      },
    },
    async ({ query }) => {
      const transfer = await openTransfer(reader, query.token);
      const sale = isOpen(transfer, clock.now()) ? await readSale(reader, transfer) : null;
      const item = sale?.items.find((one) => one.itemNo === transfer.itemNo);
      if (!sale || !item) throw transferEnded();
      const { event, venue, seller } = sale;
      const { address } = venue;
      return {
        seller: seller.name,
        event: {
          name: event.name,
          starts_at: event.startsAt.toISOString(),
          timezone: venue.timezone,
          venue: { name: venue.name, ...(address !== null && { address }) },
        },
        zone_name: item.zoneName,
        ...(item.seat && { row: item.seat.row, number: item.seat.number }),
        expires_at: transfer.expiresAt.toISOString(),
      };
    },
  );
}
