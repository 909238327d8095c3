import { Type, type Static } from 'typebox';
import { currencySchema, instantSchema, moneySchema, object, transactionIdSchema } from '../http/schemas.ts';
import { Problem } from '../base/errors.ts';
import type { FiscalDocument } from './fiscal-document.ts';
import { seriesParams } from './fiscal-block.schema.ts';

export const documentParamsSchema = object({
  ...seriesParams,
  number: Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'A fiscal number without prefix and zeros',
  }),
});

const amounts = {
  net: moneySchema,
  discounts: moneySchema,
  fees: moneySchema,
  taxes: moneySchema,
  total: moneySchema,
};

export const documentSchema = object(
  {
    kind: Type.Enum(['receipt', 'invoice', 'credit_note']),
    series_id: Type.Integer(),
    number: Type.Integer(),
    fiscal_number: Type.String(),
    transaction_id: transactionIdSchema,
    issued_at: instantSchema,
    point: Type.String(),
    seller: object({
      legal_name: Type.String(),
      tax_id: Type.String(),
      address: Type.Optional(Type.String()),
    }),
    buyer: object({
      name: Type.String(),
      document: Type.Optional(Type.String()),
      address: Type.Optional(Type.String()),
    }),
    event: object({ name: Type.String(), starts_at: instantSchema, venue: Type.String() }),
    currency: currencySchema,
    lines: Type.Array(
      object({
        zone: Type.String(),
        row: Type.Optional(Type.String()),
        seat: Type.Optional(Type.String()),
        ...amounts,
      }),
    ),
    ...amounts,
    tax_lines: Type.Array(
      object({ name: Type.String(), rate: Type.Optional(Type.Number()), amount: moneySchema }),
    ),
    payments: Type.Array(object({ method: Type.String(), currency: currencySchema, amount: moneySchema })),
    corrects: Type.Optional(
      object({ fiscal_number: Type.String(), issued_at: instantSchema, reason: Type.String() }),
    ),
    hash: Type.String({ description: 'SHA-256 that chains it to the one before it, in hexadecimal digits' }),
  },
  { description: 'A fiscal document as it was issued' },
);

/** A document as the API shows it. */
export function toDocumentAnswer(document: FiscalDocument): Static<typeof documentSchema> {
  const { seller, buyer, event, corrects } = document;
  return {
    kind: document.kind,
    series_id: document.seriesId,
    number: document.number,
    fiscal_number: document.fiscalNumber,
    transaction_id: document.transactionId,
    issued_at: document.issuedAt.toISOString(),
    point: document.point,
    seller: {
      legal_name: seller.legalName,
      tax_id: seller.taxId,
      ...(seller.address !== null && { address: seller.address }),
    },
    buyer: {
      name: buyer.name,
      ...(buyer.document !== null && { document: buyer.document }),
      ...(buyer.address !== null && { address: buyer.address }),
    },
    event: { name: event.name, starts_at: event.startsAt.toISOString(), venue: event.venue },
    currency: document.currency,
    lines: document.lines.map(({ row, seat, ...line }) => ({
      ...line,
      ...(row !== null && { row }),
      ...(seat !== null && { seat }),
    })),
    net: document.net,
    discounts: document.discounts,
    fees: document.fees,
    taxes: document.taxes,
    total: document.total,
    tax_lines: document.taxLines.map(({ name, ratePpm, amount }) => ({
      name,
      ...(ratePpm !== null && { rate: ratePpm / 10_000 }),
      amount,
    })),
    payments: document.payments,
    ...(corrects && {
      corrects: {
        fiscal_number: corrects.fiscalNumber,
        issued_at: corrects.issuedAt.toISOString(),
        reason: corrects.reason,
      },
    }),
    hash: document.hash,
  };
}

/** The refusal of a number that is no document. */
export function documentNotFound(): Problem {
  return new Problem('fiscal_document_not_found', 'The series has no document with this number.');
}
