import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { sellerParamsSchema } from './fiscal-point.schema.ts';
import { fiscalIdentitySchema, toIdentityAnswer } from './fiscal-identity.schema.ts';
import { readFiscalIdentity } from './fiscal-identity.store.ts';

/** `GET /sellers/{id}/fiscal-identity`: what documents say of the seller now. */
export function readFiscalIdentityRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/fiscal-identity',
    {
      config: { right: 'fiscal.read' },
      schema: {
        operationId: 'readFiscalIdentity',
        tags: ['fiscal'],
        summary: 'Who the seller is on its documents',
        params: sellerParamsSchema,
        response: { 200: fiscalIdentitySchema },
      },
    },
    async (request) => toIdentityAnswer(await readFiscalIdentity(reader, request.params.seller_id)),
  );
}
