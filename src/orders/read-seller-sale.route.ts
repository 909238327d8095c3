import { Type } from 'typebox';
import { refundAnswer, refundSchema, saleKeyOf, saleParamsSchema } from '../cancellation/refund.schema.ts';
import { readRefunds } from '../cancellation/refund.store.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { currencySchema, instantSchema, moneySchema, object } from '../http/schemas.ts';
import { readIntentSale } from './intent-sale.store.ts';
import { saleNoteAnswer, saleNoteSchema } from './sale-note.schema.ts';
import { readSaleNotes } from './sale-note.store.ts';
import { saleLinks, saleNotFound } from './sale-token.ts';
import { saleSchema } from './sale.schema.ts';
import { readSale } from './sale.store.ts';
import { saleAnswer } from './sale.ts';
import { readSellerSale, type SaleDocument, type SalePayment } from './seller-sale.store.ts';

const paymentSchema = object({
  method: Type.String(),
  state: Type.String(),
  amount: moneySchema,
  currency: currencySchema,
  paid_amount: moneySchema,
  paid_currency: currencySchema,
  reference: Type.Optional(Type.String()),
  at: instantSchema,
});

const documentSchema = object({
  series_id: Type.Integer(),
  number: Type.Integer(),
  fiscal_number: Type.String(),
  issued_at: instantSchema,
});

const { customer, refunds: _, ...ofBuyer } = saleSchema.properties;

const sellerSaleSchema = object({
  ...ofBuyer,
  locale: Type.Enum(['es', 'en']),
  customer: object({ ...customer.properties, document: Type.Optional(Type.String()) }),
  payments: Type.Array(paymentSchema),
  documents: Type.Array(documentSchema, { description: 'Its fiscal document, then its credit notes' }),
  refunds: Type.Array(refundSchema),
  notes: Type.Array(saleNoteSchema),
});

function paymentAnswer({ method, state, amount, currency, reference, at, ...paid }: SalePayment) {
  return {
    method,
    state,
    amount,
    currency,
    paid_amount: paid.paidAmount,
    paid_currency: paid.paidCurrency,
    ...(reference !== null && { reference }),
    at: at.toISOString(),
  };
}

function documentAnswer({ seriesId, number, fiscalNumber, issuedAt }: SaleDocument) {
  return {
    series_id: seriesId,
    number,
    fiscal_number: fiscalNumber,
    issued_at: issuedAt.toISOString(),
  };
}

type Deps = { secret: string; reader: Reader; publicUrl: string | undefined };

/** `GET /sellers/{id}/sales/{id}`: a sale, or an order that is none yet, with all that its seller's staff may see of it. */
export function readSellerSaleRoute(app: App, { secret, reader, publicUrl }: Deps): void {
  app.get(
    '/sellers/:seller_id/sales/:transaction_id',
    {
      config: { right: 'sales.read', problems: ['transaction_not_found'] },
      schema: {
        operationId: 'readSellerSale',
        tags: ['sales desk'],
        summary: 'A sale with its places, payments, documents, refunds and notes',
        params: saleParamsSchema,
        response: { 200: sellerSaleSchema },
      },
    },
    async (request) => {
      const key = saleKeyOf(request.params);
      const sale = (await readSale(reader, key)) ?? (await readIntentSale(reader, key))?.sale;
      if (!sale) throw saleNotFound();
      const [more, refunds, notes] = await Promise.all([
        readSellerSale(reader, key),
        readRefunds(reader, key),
        readSaleNotes(reader, key),
      ]);
      const answer = saleAnswer(
        sale,
        saleLinks(secret, publicUrl, key.tenantId, key.transactionId),
        () => ({}),
      );
      return {
        ...answer,
        locale: sale.locale,
        customer: { ...answer.customer, ...(more.document !== null && { document: more.document }) },
        payments: more.payments.map(paymentAnswer),
        documents: more.documents.map(documentAnswer),
        refunds: refunds.map(refundAnswer),
        notes: notes.map(saleNoteAnswer),
      };
    },
  );
}
