import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import type { EventStream, Frame, Streams } from '../http/sse.ts';
import { paymentStep } from '../orders/sale.ts';
import { openSale, saleNotFound } from '../orders/sale-token.ts';
import type { ProgressHub } from './progress-hub.ts';
import { eventsAfter, readLastEventId, type Progress, type ProgressEvent } from './progress.ts';
import { readProgress } from './progress.store.ts';

type Deps = { secret: string; reader: Reader; progress: ProgressHub; streams: Streams };

function frameOf({ no, step, state, at, detail }: ProgressEvent): Frame {
  const data = { step, state, at: at.toISOString(), ...(detail !== null && { detail }) };
  return { id: no, event: step, data };
}

/** Tells a reader what it does not know yet, and ends with the sale's last event. */
function createTeller(stream: EventStream, lastEventId: number): (progress: Progress) => void {
  let told = lastEventId;
  let toldState: string | undefined;
  return (progress) => {
    const { paying } = progress;
    if (paying && paying.state !== toldState) {
      const { name: step, ...how } = paymentStep(paying);
      stream.send({ event: step, data: { step, ...how, payment: paying.state } });
      toldState = paying.state;
    }
    for (const event of eventsAfter(progress, told)) {
      stream.send(frameOf(event));
      told = event.no;
    }
    if (progress.isComplete) stream.end();
  };
}

/** `GET /sales/transactions/{id}/events`: what happens to a sale, as it happens. */
export function streamTransactionRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/events',
    {
      compress: false,
      config: { hot: true, problems: ['transaction_not_found', 'overloaded'] },
      schema: {
        operationId: 'streamTransaction',
        tags: ['sales'],
        summary: "A sale's steps, as they end (server-sent events)",
        description:
          'An event a step: `id` its number, `event` its name, `data` {step, state, at, detail?}. The first is `confirmed`, the last `completed`, after which the stream ends. An order whose money comes later tells of it by `payment`, which has no id: how it stands, now and at each change. A stream that was cut goes on after Last-Event-ID; a reader who has seen all is answered 204.',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({
          token: Type.Optional(Type.String({ maxLength: 64 })),
          last_event_id: Type.Optional(Type.String({ maxLength: 32 })),
        }),
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String()) }),
      },
    },
    async (request, reply) => {
      const { token, last_event_id } = request.query;
      const key = openSale(deps.secret, request.params.transaction_id, token);
      const [progress] = key ? await readProgress(deps.reader, key.tenantId, [key.transactionId]) : [];
      if (!key || !progress) throw saleNotFound();
      const lastEventId = readLastEventId(request.headers['last-event-id'] ?? last_event_id);
      // A browser opens an ended stream again and again, unless it is told that nothing will come.
      if (
        progress.isComplete &&
        progress.events.length > 0 &&
        eventsAfter(progress, lastEventId).length === 0
      )
        return reply.code(204).send();
      const stream = deps.streams.open(request, reply);
      const tell = createTeller(stream, lastEventId);
      tell(progress);
      if (!stream.ended) {
        try {
          stream.onEnd(await deps.progress.watch(key, tell));
        } catch (error) {
          // The answer has begun, so the reader learns of it by the end, and comes back.
          request.log.warn({ err: error }, 'progress cannot be watched');
          stream.end();
        }
      }
      return reply;
    },
  );
}
