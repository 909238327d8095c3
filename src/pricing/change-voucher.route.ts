import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import {
  checkPeriod,
  readInstant,
  voucherChangeSchema,
  voucherSchema,
  voucherToJson,
} from './voucher.schema.ts';
import { changeVoucher, isKnownToEvents, lockVoucher, tellVouchersChanged } from './voucher-edit.store.ts';
import type { VoucherRow } from './voucher.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

const factsOf = (row: VoucherRow) => ({
  uses_max: row.uses_max,
  customer_uses_max: row.customer_uses_max,
  valid_from: String(row.from_ms),
  valid_until: String(row.until_ms),
});

/** `PATCH /sellers/{id}/vouchers/{id}`: how often and how long it may be used; an end that has passed withdraws it. */
export function changeVoucherRoute(app: App, { pool, clock, ids }: Deps): void {
  app.patch(
    '/sellers/:seller_id/vouchers/:voucher_id',
    {
      config: { right: 'vouchers.edit', problems: ['voucher_not_found'] },
      schema: {
        operationId: 'changeVoucher',
        tags: ['prices'],
        summary: 'Change the limits and dates of a voucher',
        params: object({
          seller_id: sellerIdSchema,
          voucher_id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
        }),
        body: voucherChangeSchema,
        response: { 200: voucherSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, voucher_id: voucherId } = request.params;
      const { body } = request;
      const now = clock.now();
      const changed = await transact(pool, async (tx) => {
        const before = await lockVoucher(tx, tenantId, voucherId);
        if (!before) throw new Problem('voucher_not_found', `This seller has no voucher ${voucherId}.`);
        const change = {
          usesMax: body.uses_max === undefined ? before.uses_max : body.uses_max,
          customerUsesMax:
            body.customer_uses_max === undefined ? before.customer_uses_max : body.customer_uses_max,
          validFrom: readInstant(body.valid_from, before.from_ms, '/valid_from'),
          validUntil: readInstant(body.valid_until, before.until_ms, '/valid_until'),
        };
        checkPeriod(change.validFrom, change.validUntil);
        await changeVoucher(tx, tenantId, voucherId, change);
        const after = (await lockVoucher(tx, tenantId, voucherId))!;
        if (isKnownToEvents(before) || isKnownToEvents(after))
          await tellVouchersChanged(tx, tenantId, after.event_id);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'voucher', id: String(voucherId) },
          before: factsOf(before),
          after: factsOf(after),
        });
        return after;
      });
      return voucherToJson(tenantId, changed);
    },
  );
}
