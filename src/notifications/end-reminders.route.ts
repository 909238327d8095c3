import { Type } from 'typebox';
import type { Locale } from '../base/format.ts';
import { html } from '../base/html.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { saleNotFound } from '../orders/sale-token.ts';
import { readSale } from '../orders/sale.store.ts';
import { messageChannels } from './message-kind.ts';
import { optIn, optOut, optOutName, readOptOuts } from './opt-out.store.ts';
import { recipientsOf } from './recipient.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import { openUnsubscribeCode } from './unsubscribe-code.ts';

type Deps = { pool: Pool; reader: Reader; clock: Clock; secret: string };

const words = {
  es: {
    title: 'Recordatorios',
    on: 'Recibe recordatorios de sus eventos de',
    off: 'Ya no recibirá recordatorios de sus eventos de',
    stop: 'No quiero más recordatorios',
    again: 'Quiero recibirlos de nuevo',
    sales: 'Sus entradas y lo que sea necesario para su compra le llegan siempre.',
  },
  en: {
    title: 'Reminders',
    on: 'You get reminders of your events from',
    off: 'You no longer get reminders of your events from',
    stop: 'I want no more reminders',
    again: 'I want them again',
    sales: 'Your tickets, and what your order needs to tell you, always reach you.',
  },
} as const satisfies Record<Locale, Record<string, string>>;

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

function page(locale: Locale, name: string, isOut: boolean): string {
  const say = words[locale];
  return html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        <title>${say.title}</title>
        <style>
          body {
            font:
              17px/1.5 system-ui,
              sans-serif;
            max-width: 32rem;
            margin: 3rem auto;
            padding: 0 1.25rem;
            color: #1b1e27;
          }
          button {
            font: inherit;
            font-weight: 600;
            padding: 0.75rem 1.25rem;
            border: 0;
            border-radius: 8px;
            background: #1b1e27;
            color: #fff;
            cursor: pointer;
          }
          small {
            color: #5a6070;
          }
        </style>
      </head>
      <body>
        <h1>${say.title}</h1>
        <p role="status">${isOut ? say.off : say.on} ${name}.</p>
        <form method="post">
          <button name="choice" value="${isOut ? 'again' : 'stop'}">${isOut ? say.again : say.stop}</button>
        </form>
        <p><small>${say.sales}</small></p>
      </body>
    </html>`.text;
}

/**
 * `GET /unsubscribe/{code}`: a page to end a seller's reminders, which by itself changes nothing, since programs open links.
 * `POST`: its button, and what mail programs send by one click (RFC 8058).
 */
export function endRemindersRoute(app: App, { pool, reader, clock, secret }: Deps): void {
  const templates = new SellerTemplates({ reader, clock });
  const open = async (code: string) => {
    const key = openUnsubscribeCode(secret, code);
    const sale = key && (await readSale(reader, key));
    if (!sale) throw saleNotFound();
    const voice = await templates.voiceOf(sale.tenantId);
    return {
      tenantId: sale.tenantId,
      locale: sale.locale,
      name: voice.brand.name ?? sale.seller.name,
      // Every address and number by which this buyer can be reached.
      names: recipientsOf(sale.customer, { ...voice, channels: messageChannels }).map(optOutName),
    };
  };
  const config = { problems: ['transaction_not_found'] } as const;
  const schema = { tags: ['messages'], params: object({ code: Type.String({ maxLength: 64 }) }) };
  app.register(async (scope) => {
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data']) {
      scope.addContentTypeParser(
        type,
        { parseAs: 'string', bodyLimit: limits.bodyBytesMax },
        (_request, body, done) => done(null, body),
      );
    }
    scope.get(
      '/unsubscribe/:code',
      {
        config: { ...config },
        schema: { ...schema, operationId: 'readUnsubscribe', summary: 'End reminders' },
      },
      async (request, reply) => {
        const { tenantId, locale, name, names } = await open((request.params as { code: string }).code);
        const isOut = (await readOptOuts(reader, tenantId, names)).size > 0;
        reply.header('content-security-policy', policy).type('text/html; charset=utf-8');
        return reply.send(page(locale, name, isOut));
      },
    );
    scope.post(
      '/unsubscribe/:code',
      { config: { ...config }, schema: { ...schema, operationId: 'unsubscribe', summary: 'End reminders' } },
      async (request, reply) => {
        const { tenantId, locale, name, names } = await open((request.params as { code: string }).code);
        const again =
          new URLSearchParams(typeof request.body === 'string' ? request.body : '').get('choice') === 'again';
        await transact(pool, (tx) =>
          again ? optIn(tx, tenantId, names) : optOut(tx, tenantId, names, clock.now()),
        );
        reply.header('content-security-policy', policy).type('text/html; charset=utf-8');
        return reply.send(page(locale, name, !again));
      },
    );
  });
}
