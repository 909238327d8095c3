import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { noBrand } from '../notifications/brand.ts';
import { readBrandLogo } from '../notifications/logo.store.ts';
import { readBrand } from '../notifications/template.store.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import { ticketLinks } from '../orders/sale-token.ts';
import { isHeld } from '../orders/sale.ts';
import { makeApplePass, type PassKeys } from './apple-pass.ts';
import { passParamsSchema } from './apple-service.schema.ts';
import { passService, requirePass } from './wallet-pass.ts';
import { readPassSubject } from './wallet-pass.store.ts';

type Deps = { secret: string; reader: Reader; publicUrl: string | undefined; passKeys(): PassKeys };

/** Whether what a telephone has is not older than a change; HTTP's dates know no milliseconds. */
function isFresh(header: string | undefined, changedAt: Date): boolean {
  return Math.floor(changedAt.getTime() / 1_000) * 1_000 <= Date.parse(header ?? '');
}

/** `GET …/passes/{type}/{serial}`: a pass as it is now; void once its ticket is another's, was given back, or the event called off. */
export function readLatestPassRoute(app: App, { secret, reader, publicUrl, passKeys }: Deps): void {
  app.get(
    '/wallet/apple/:tenant_id/v1/passes/:pass_type_id/:serial',
    {
      compress: false,
      config: { problems: ['unauthenticated', 'not_found'] },
      schema: {
        operationId: 'readLatestPass',
        tags: ['wallet'],
        summary: "Apple's protocol: the latest version of a pass",
        params: passParamsSchema,
        produces: ['application/vnd.apple.pkpass'],
      },
    },
    async ({ params, headers }, reply) => {
      requirePass(secret, params, headers.authorization);
      const { tenant_id: tenantId, serial } = params;
      const subject = await readPassSubject(reader, tenantId, serial);
      if (subject?.changedAt) {
        reply.header('last-modified', subject.changedAt.toUTCString());
        if (isFresh(headers['if-modified-since'], subject.changedAt)) return reply.code(304).send();
      }
      const sale = subject && (await readHeldTickets(reader, subject));
      const item = sale?.items.find((one) => one.itemNo === subject?.itemNo);
      if (!subject || !sale || !item?.ticket) throw new Problem('not_found', 'There is no such pass.');
      const brand = (await readBrand(reader, tenantId))?.brand ?? noBrand;
      const pass = makeApplePass(
        sale,
        { ...item, ticket: item.ticket },
        passKeys(),
        brand,
        publicUrl === undefined ? null : ticketLinks(secret, publicUrl, subject).page,
        await readBrandLogo(reader, tenantId, brand),
        {
          service: passService({ secret, publicUrl }, tenantId, serial),
          isVoid: !isHeld(sale, item) || subject.isOff,
        },
      );
      return reply.type('application/vnd.apple.pkpass').send(pass);
    },
  );
}
