import { Type } from 'typebox';
import type { Refund } from '../cancellation/refund.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { readRefunds } from '../cancellation/refund.store.ts';
import { readIntentSale } from './intent-sale.store.ts';
import { openSale, saleLinks, saleNotFound, walletLinks } from './sale-token.ts';
import { saleSchema } from './sale.schema.ts';
import { readSale } from './sale.store.ts';
import { formatTicketId, saleAnswer } from './sale.ts';

function refundOf({ kind, creditNote, total, createdAt, itemNos, transactionId, paidBack }: Refund) {
  return {
    kind,
    credit_note: creditNote,
    total,
    at: createdAt.toISOString(),
    ticket_ids: itemNos.map((itemNo) => formatTicketId(transactionId, itemNo)),
    paid_back: paidBack,
  };
}

type Deps = {
  secret: string;
  reader: Reader;
  publicUrl: string | undefined;
  /** The wallets that are configured. */
  wallets: { apple: boolean; google: boolean };
};

/** `GET /sales/transactions/{id}`: a sale with its places and its steps, for whoever has its secret link. */
export function readTransactionRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id',
    {
      compress: false,
      config: { problems: ['transaction_not_found'] },
      schema: {
        operationId: 'readTransaction',
        tags: ['sales'],
        summary: 'A sale, its places and its steps',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        response: { 200: saleSchema },
      },
    },
    async (request) => {
      const key = openSale(deps.secret, request.params.transaction_id, request.query.token);
      const sale =
        key && ((await readSale(deps.reader, key)) ?? (await readIntentSale(deps.reader, key))?.sale);
      if (!sale) throw saleNotFound();
      const { secret, publicUrl, wallets } = deps;
      const links = saleLinks(secret, publicUrl, key.tenantId, key.transactionId);
      const answer = saleAnswer(sale, links, (itemNo) =>
        walletLinks(secret, publicUrl, { ...key, transferId: null }, itemNo, wallets),
      );
      return { ...answer, refunds: (await readRefunds(deps.reader, key)).map(refundOf) };
    },
  );
}
