import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { newRateSchema, rateSchema, toRateAnswer } from './exchange-rate.schema.ts';
import { recordRate } from './exchange-rate.store.ts';
import { parseRate } from './exchange-rate.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

function refuse(path: string, message: string): Problem {
  return new Problem('body_invalid', message, { errors: [{ path, code: 'invalid', message }] });
}

function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** `POST /sellers/{id}/exchange-rates`: what a currency is worth on a day. A rate is never changed; the last one holds. */
export function recordExchangeRateRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/exchange-rates',
    {
      config: { right: 'payments.rates' },
      schema: {
        operationId: 'recordExchangeRate',
        tags: ['payments'],
        summary: 'Record an exchange rate of a day',
        params: sellerParamsSchema,
        body: newRateSchema,
        response: { 201: rateSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const { currency, base_currency: baseCurrency, day, rate } = request.body;
      const rateE8 = parseRate(rate);
      if (rateE8 === null) throw refuse('/rate', 'A rate is more than nothing.');
      if (currency === baseCurrency) throw refuse('/base_currency', 'A currency has no rate for itself.');
      if (!isDay(day)) throw refuse('/day', 'There is no such day.');
      const at = clock.now();
      const recorded = await transact(pool, async (tx) => {
        const made = await recordRate(tx, tenantId, { currency, baseCurrency, day, rateE8, createdAt: at });
        await recordChange(tx, ids, {
          tenantId,
          at,
          actor: actorOf(request),
          verb: 'record',
          object: { kind: 'exchange_rate', id: `${currency}/${baseCurrency} ${day} ${made.revision}` },
          after: { rate },
        });
        return made;
      });
      return reply.code(201).send(toRateAnswer(recorded));
    },
  );
}
