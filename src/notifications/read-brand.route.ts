import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { brandAnswerSchema } from './template.schema.ts';
import { logoPath } from './logo.ts';
import { readBrand } from './template.store.ts';

/** `GET /sellers/{id}/brand`: how a seller appears in messages and passes; what is absent is the house's. */
export function readBrandRoute(app: App, deps: { reader: Reader; publicUrl: string | undefined }): void {
  app.get(
    '/sellers/:seller_id/brand',
    {
      config: { right: 'templates.read' },
      schema: {
        operationId: 'readBrand',
        tags: ['messages'],
        summary: 'Name, logo and colour of a seller',
        params: sellerParamsSchema,
        response: { 200: brandAnswerSchema },
      },
    },
    async ({ params }) => {
      const seller = await readBrand(deps.reader, params.seller_id);
      if (!seller) throw new Problem('seller_not_found', 'There is no such seller.');
      const { name, logoUrl, logoSha256, color } = seller.brand;
      return {
        ...(name !== null && { name }),
        ...(logoUrl !== null && { logo_url: logoUrl }),
        ...(color !== null && { color }),
        ...(logoSha256 !== null && {
          logo: { sha256: logoSha256, url: logoPath(deps.publicUrl, params.seller_id, logoSha256) },
        }),
      };
    },
  );
}
