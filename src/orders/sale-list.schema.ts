import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, parseEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { currencySchema, eventIdSchema, instantSchema, moneySchema, object } from '../http/schemas.ts';
import { uuidSchema } from '../identity/identity.schema.ts';
import { readDays, reportDaySchema } from '../reporting/report-days.schema.ts';
import { understandSearch } from './sale-search.ts';
import type { SaleFilter, SaleRow } from './sale-search.store.ts';

const statuses = ['processing', 'awaiting_payment', 'completed', 'cancelled', 'refunded'] as const;
const ways = ['id', 'number', 'email', 'name', 'phone', 'document', 'reference', 'seat'] as const;

/** What lists and exports of sales are asked for. */
export const saleFilterQuery = {
  q: Type.Optional(
    Type.String({
      maxLength: limits.saleSearchCharsMax,
      description:
        'Anything that the buyer can quote: a fiscal number, a name, an e-mail address, the last digits of a telephone or of a payment, a document, a seat such as A-12, the id of a sale or ticket',
    }),
  ),
  event_id: Type.Optional(eventIdSchema),
  status: Type.Optional(Type.Enum([...statuses])),
  from: Type.Optional(reportDaySchema),
  to: Type.Optional(reportDaySchema),
};

export const saleListQuerySchema = object({
  ...saleFilterQuery,
  starting_after: Type.Optional(uuidSchema),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
  ),
});

const filterSchema = object(saleFilterQuery);

/**
 * Reads which sales are wanted.
 * @throws Problem `event_not_found` for another seller's event, `body_invalid` for days that there are not.
 */
export function readSaleFilter(tenantId: number, query: Static<typeof filterSchema>): SaleFilter {
  const key = query.event_id === undefined ? null : parseEventId(query.event_id);
  if (query.event_id !== undefined && key?.tenantId !== tenantId)
    throw new Problem('event_not_found', `There is no event ${query.event_id}.`);
  const q = query.q?.trim() ?? '';
  return {
    questions: q === '' ? null : understandSearch(q),
    eventId: key?.eventId ?? null,
    status: query.status ?? null,
    ...readDays(query),
  };
}

/** A sale as lists show it. */
export const saleRowSchema = object({
  id: uuidSchema,
  status: Type.Enum([...statuses]),
  created_at: instantSchema,
  currency: currencySchema,
  total: moneySchema,
  fiscal_number: Type.Union([Type.String(), Type.Null()]),
  customer: object({
    name: Type.String(),
    email: Type.Optional(Type.String()),
    phone: Type.Optional(Type.String()),
    document: Type.Optional(Type.String()),
  }),
  event: object({ id: eventIdSchema, name: Type.String(), starts_at: instantSchema }),
  tickets: Type.Integer({ minimum: 0 }),
  seats: Type.Array(Type.String(), { description: `Up to ${limits.saleSeatsListedMax} of its seats` }),
  matched: Type.Array(Type.Enum([...ways]), { description: 'By what a search found it' }),
});

/** A sale of a list as the API shows it. */
export function saleRowAnswer(tenantId: number, row: SaleRow): Static<typeof saleRowSchema> {
  const { customerName: name, customerEmail: email, customerPhone: phone, customerDocument: document } = row;
  return {
    id: row.transactionId,
    status: row.status,
    created_at: row.createdAt.toISOString(),
    currency: row.currency,
    total: row.total,
    fiscal_number: row.fiscalNumber,
    customer: {
      name,
      ...(email !== null && { email }),
      ...(phone !== null && { phone }),
      ...(document !== null && { document }),
    },
    event: {
      id: formatEventId({ tenantId, eventId: row.eventId }),
      name: row.eventName,
      starts_at: row.startsAt.toISOString(),
    },
    tickets: row.tickets,
    seats: row.seats,
    matched: row.matched,
  };
}
