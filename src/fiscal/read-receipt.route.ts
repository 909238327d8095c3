import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleNotFound } from '../orders/sale-token.ts';
import { drawDocument } from './document-pdf.ts';
import { readDocumentOfSale } from './fiscal-document.store.ts';

type Deps = { secret: string; reader: Reader };

/** `GET /sales/transactions/{id}/receipt.pdf`: the buyer's receipt or invoice. */
export function readReceiptRoute(app: App, { secret, reader }: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/receipt.pdf',
    {
      compress: false,
      config: { problems: ['transaction_not_found'] },
      schema: {
        operationId: 'readReceipt',
        tags: ['sales'],
        summary: 'The receipt of a sale, or the invoice of a company, as a PDF',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        produces: ['application/pdf'],
      },
    },
    async (request, reply) => {
      const key = openSale(secret, request.params.transaction_id, request.query.token);
      const document = key && (await readDocumentOfSale(reader, key));
      if (!document) throw saleNotFound();
      return reply.type('application/pdf').send(await drawDocument(document));
    },
  );
}
