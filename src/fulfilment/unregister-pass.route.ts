import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { registrationParamsSchema, registrationPath } from './apple-service.schema.ts';
import { requirePass } from './wallet-pass.ts';
import { unregisterPass } from './wallet-pass.store.ts';

/** `DELETE …/registrations/{type}/{serial}`: a telephone has thrown a pass away. */
export function unregisterPassRoute(app: App, { pool, secret }: { pool: Pool; secret: string }): void {
  app.delete(
    registrationPath,
    {
      compress: false,
      config: { problems: ['unauthenticated'] },
      schema: {
        operationId: 'unregisterPass',
        tags: ['wallet'],
        summary: "Apple's protocol: a telephone is told of a pass no more",
        params: registrationParamsSchema,
        response: { 200: object({}) },
      },
    },
    async ({ params, headers }) => {
      requirePass(secret, params, headers.authorization);
      await transact(pool, (tx) => unregisterPass(tx, params.tenant_id, params.device, params.serial));
      return {};
    },
  );
}
