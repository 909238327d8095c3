import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { currencySchema, object } from '../http/schemas.ts';
import { sellerIdSchema, sellerParamsSchema } from '../identity/identity.schema.ts';
import { readSeller } from './seller.store.ts';

/** `GET /sellers/{id}/profile`: what a seller is, as its staff see it. */
export function readSellerRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/profile',
    {
      config: { right: 'catalog.read' },
      schema: {
        operationId: 'readSeller',
        tags: ['catalog'],
        summary: 'Name, currency and time zone of a seller',
        params: sellerParamsSchema,
        response: {
          200: object({
            id: sellerIdSchema,
            name: Type.String(),
            legal_name: Type.String(),
            tax_id: Type.String(),
            timezone: Type.String(),
            currency: currencySchema,
            phone_country: Type.String(),
          }),
        },
      },
    },
    async (request) => {
      const { seller_id: tenantId } = request.params;
      const seller = await readSeller(reader, tenantId);
      if (!seller) throw new Problem('seller_not_found', 'There is no such seller.');
      return {
        id: tenantId,
        name: seller.name,
        legal_name: seller.legalName,
        tax_id: seller.taxId,
        timezone: seller.timezone,
        currency: seller.currency,
        phone_country: seller.phoneCountry,
      };
    },
  );
}
