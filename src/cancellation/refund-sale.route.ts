import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import { digestBody, digestKey, readIdempotencyKey } from '../checkout/idempotency.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Refunder } from './refund-sales.job.ts';
import {
  itemNosOf,
  keyHeaderSchema,
  refundAnswer,
  refundSchema,
  saleKeyOf,
  saleParamsSchema,
  staffIdOf,
  ticketIdsSchema,
  undoingFields,
} from './refund.schema.ts';
import { readRefunds } from './refund.store.ts';

type Deps = { reader: Reader; refunder: Refunder; clock: Clock; ids: IdSource };

const refusals = [
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'transaction_not_found',
  'ticket_returned',
  'ticket_admitted',
  'exchange_pending',
  'refund_exceeds_paid',
  'fiscal_day_closed',
] as const;

/** What is the same of a void and a refund but for its words. */
const ways = {
  void: {
    path: 'void',
    right: 'sales.void',
    operationId: 'voidSale',
    summary: 'Void a sale on its fiscal day: all of its places go back, with a credit note',
    problems: [...refusals, 'void_too_late'],
    body: object(undoingFields),
  },
  refund: {
    path: 'refunds',
    right: 'sales.refund',
    operationId: 'refundSale',
    summary: 'Refund a sale in whole or by ticket, with a credit note, once for each Idempotency-Key',
    problems: [...refusals, 'ticket_not_found'],
    body: object({ ...undoingFields, ticket_ids: Type.Optional(ticketIdsSchema) }),
  },
} as const;

/** `POST /sellers/{id}/sales/{id}/void|refunds`: what was sold goes back. */
export function refundSaleRoute(app: App, { reader, refunder, clock, ids }: Deps): void {
  for (const kind of ['void', 'refund'] as const) {
    const { path, right, operationId, summary, problems, body } = ways[kind];
    app.post(
      `/sellers/:seller_id/sales/:transaction_id/${path}`,
      {
        config: { right, problems: [...problems] },
        schema: {
          operationId,
          tags: ['refunds'],
          summary,
          params: saleParamsSchema,
          headers: keyHeaderSchema,
          body,
          response: { 201: refundSchema },
        },
      },
      async (request, reply) => {
        const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
        const sale = saleKeyOf(request.params);
        const { reason, note, return_fees: feesReturned = true, resell: resold = true } = request.body;
        const ticketIds = 'ticket_ids' in request.body ? request.body.ticket_ids : undefined;
        const order = {
          ...sale,
          kind,
          itemNos: itemNosOf(sale, ticketIds),
          feesReturned,
          resold,
          reason,
          note: note ?? null,
          staffId: staffIdOf(principalOf(request)),
          keyDigest: digestKey(`seller ${sale.tenantId}`, `refund ${sale.transactionId}`, idempotencyKey),
          bodyDigest: digestBody({ ...request.body, kind }),
          bulkId: null,
          exchange: null,
        };
        const refundNo = await refunder.refund(order, (tx, no) =>
          recordChange(tx, ids, {
            tenantId: sale.tenantId,
            at: clock.now(),
            actor: actorOf(request),
            verb: kind,
            object: { kind: 'sale', id: sale.transactionId },
            after: {
              refund_no: no,
              ticket_ids: ticketIds ?? null,
              return_fees: feesReturned,
              resell: resold,
              reason,
            },
          }),
        );
        const made = (await readRefunds(reader, sale)).find((one) => one.refundNo === refundNo);
        return reply.code(201).send(refundAnswer(made!));
      },
    );
  }
}
