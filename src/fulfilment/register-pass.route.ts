import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { registrationParamsSchema, registrationPath } from './apple-service.schema.ts';
import { requirePass } from './wallet-pass.ts';
import { readPassSubject, registerPass } from './wallet-pass.store.ts';

type Deps = { pool: Pool; secret: string; clock: Clock };

/** `POST /wallet/apple/{id}/v1/devices/{device}/registrations/{type}/{serial}`: a telephone wants to be told of a pass. */
export function registerPassRoute(app: App, { pool, secret, clock }: Deps): void {
  app.post(
    registrationPath,
    {
      compress: false,
      config: { problems: ['unauthenticated', 'not_found'] },
      schema: {
        operationId: 'registerPass',
        tags: ['wallet'],
        summary: "Apple's protocol: register a telephone for a pass",
        params: registrationParamsSchema,
        body: object({ pushToken: Type.String({ maxLength: 200, pattern: '^[A-Fa-f0-9]+$' }) }),
        response: { 200: object({}), 201: object({}) },
      },
    },
    async ({ params, headers, body }, reply) => {
      requirePass(secret, params, headers.authorization);
      const { tenant_id: tenantId, serial, device } = params;
      const isNew = await transact(pool, async (tx) => {
        const subject = await readPassSubject(tx, tenantId, serial);
        if (!subject) throw new Problem('not_found', 'There is no such pass.');
        return await registerPass(tx, serial, subject, { device, pushToken: body.pushToken }, clock.now());
      });
      return reply.code(isNew ? 201 : 200).send({});
    },
  );
}
