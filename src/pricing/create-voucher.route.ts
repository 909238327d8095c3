import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { loadEvent } from '../catalog/event.store.ts';
import { lockSeller } from '../catalog/seller.store.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import {
  namedEvent,
  newVoucherSchema,
  toNewVoucher,
  voucherSchema,
  voucherToJson,
  type NewVoucherBody,
} from './voucher.schema.ts';
import {
  addVoucher,
  isKnownToEvents,
  lockReserved,
  lockVoucher,
  tellVouchersChanged,
} from './voucher-edit.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

async function create(tx: Tx, tenantId: number, body: NewVoucherBody, now: Date) {
  const key = namedEvent(tenantId, body.event_id);
  const event = key && (await loadEvent(tx, key));
  if (key && !event) throw new Problem('event_not_found', `This seller has no event ${body.event_id}.`);
  const seller = await lockSeller(tx, tenantId);
  const draft = toNewVoucher(body, event, event?.currency ?? seller!.currency);
  if (key && draft.seatNos.length + draft.places.length > 0 && !(await lockReserved(tx, key, draft))) {
    const detail = 'Not all of these places are free to be kept for a voucher. Nothing was changed.';
    throw new Problem('reserved_places_taken', detail);
  }
  const voucherId = await addVoucher(tx, tenantId, draft, now);
  if (voucherId === null) {
    const message = `There is a voucher "${draft.code}" already.`;
    throw new Problem('voucher_exists', message, {
      errors: [{ path: '/code', code: 'voucher_exists', message }],
    });
  }
  const made = (await lockVoucher(tx, tenantId, voucherId))!;
  if (isKnownToEvents(made)) await tellVouchersChanged(tx, tenantId, made.event_id);
  return made;
}

/** `POST /sellers/{id}/vouchers`: a voucher for one event or all of them. */
export function createVoucherRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/vouchers',
    {
      config: {
        right: 'vouchers.edit',
        problems: [
          'event_not_found',
          'voucher_exists',
          'reserved_places_taken',
          'currency_mismatch',
          'amount_out_of_range',
        ],
      },
      bodyLimit: 262_144,
      schema: {
        operationId: 'createVoucher',
        tags: ['prices'],
        summary: 'Create a voucher',
        params: sellerParamsSchema,
        body: newVoucherSchema,
        response: { 201: voucherSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const now = clock.now();
      const made = await transact(pool, async (tx) => {
        const row = await create(tx, tenantId, request.body, now);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'create',
          object: { kind: 'voucher', id: String(row.voucher_id) },
          after: { name: row.code, effect: row.effect, value: row.value, uses_max: row.uses_max },
        });
        return row;
      });
      return reply.code(201).send(voucherToJson(tenantId, made));
    },
  );
}
