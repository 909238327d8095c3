import type { Clock, IdSource } from '../base/ids.ts';
import { saleKeyOf, saleParamsSchema } from '../cancellation/refund.schema.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { saleNoteAnswer, saleNoteBodySchema, saleNoteSchema } from './sale-note.schema.ts';
import { addSaleNote } from './sale-note.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/sales/{id}/notes`: what staff have to know about a sale; a note stays as it is. */
export function addSaleNoteRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/sales/:transaction_id/notes',
    {
      config: { right: 'sales.note', problems: ['transaction_not_found'] },
      schema: {
        operationId: 'addSaleNote',
        tags: ['sales desk'],
        summary: 'Note something about a sale, for the staff of its seller alone',
        params: saleParamsSchema,
        body: saleNoteBodySchema,
        response: { 201: saleNoteSchema },
      },
    },
    async (request, reply) => {
      const sale = saleKeyOf(request.params);
      const note = { text: request.body.text.trim(), actor: actorOf(request), now: clock.now() };
      const added = await transact(pool, (tx) => addSaleNote(tx, ids, sale, note));
      return reply.code(201).send(saleNoteAnswer(added));
    },
  );
}
