import { simpleParser, type ParsedMail } from 'mailparser';
import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { html, type Html } from '../base/html.ts';
import { isUuid } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import { prefersHtml } from '../http/accept.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { parseMessageReference } from './message-reference.ts';
import { readOutbox, readOutboxMail, type OutboxMail } from './outbox.store.ts';

type Deps = { reader: Reader };

// The mails have styles of their own, and no scripts: the frame that shows them runs none.
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'";

const mailPath = ({ tenantId, transactionId, kind, occasionNo }: OutboxMail) =>
  `/outbox/${tenantId}/${transactionId}.${kind}.${occasionNo}`;

function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          body {
            font:
              16px/1.5 system-ui,
              sans-serif;
            max-width: 60rem;
            margin: 2rem auto;
            padding: 0 1rem;
            color: #1b1e27;
          }
          table {
            width: 100%;
            border-collapse: collapse;
          }
          th,
          td {
            text-align: left;
            padding: 0.5rem;
            border-bottom: 1px solid #dde;
          }
          iframe {
            width: 100%;
            height: 44rem;
            border: 1px solid #dde;
          }
          dt {
            font-weight: 600;
          }
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`.toString();
}

function listPage(mails: OutboxMail[]): string {
  const rows = mails.map(
    (mail) =>
      html`<tr>
        <td><a href="${mailPath(mail)}">${mail.subject}</a></td>
        <td>${mail.recipient}</td>
        <td>${mail.createdAt.toISOString()}</td>
      </tr>`,
  );
  const table = html`<table>
    <thead>
      <tr>
        <th>Subject</th>
        <th>To</th>
        <th>At</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
  return page(
    'Outbox',
    html`<main>
      <h1>Outbox</h1>
      <p>
        No mail server is configured (SMTP_URL), so mails are kept here. The newest ${limits.outboxRowsMax}
        are shown.
      </p>
      ${mails.length > 0 ? table : html`<p>There is none yet.</p>`}
    </main>`,
  );
}

function mailPage(mail: OutboxMail, parsed: ParsedMail): string {
  const path = mailPath(mail);
  const files = parsed.attachments.map(
    (file, i) =>
      html`<li><a href="${path}/attachments/${i}">${file.filename ?? 'file'}</a> (${file.size} bytes)</li>`,
  );
  return page(
    mail.subject,
    html`<main>
      <p><a href="/outbox">Outbox</a></p>
      <h1>${mail.subject}</h1>
      <dl>
        <dt>From</dt>
        <dd>${parsed.from?.text ?? ''}</dd>
        <dt>To</dt>
        <dd>${mail.recipient}</dd>
        <dt>Message-ID</dt>
        <dd>${parsed.messageId ?? ''}</dd>
      </dl>
      <h2>Attachments</h2>
      <ul>
        ${files}
      </ul>
      <p><a href="${path}/raw">The mail as it would be sent (.eml)</a></p>
      <iframe
        title="The mail"
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        src="${path}/html"
      ></iframe>
    </main>`,
  );
}

/** `/outbox`: the mails that were kept since no mail server is configured, for people and as JSON. */
export function readOutboxRoute(app: App, deps: Deps): void {
  const mailIdSchema = Type.String({ maxLength: 100, description: "A sale's id, or its message's" });
  const params = object({
    tenant_id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    mail_id: mailIdSchema,
  });
  const open = async ({ tenant_id: tenantId, mail_id: id }: { tenant_id: number; mail_id: string }) => {
    const [transactionId = '', kind, occasion] = id.split('.');
    const of =
      kind === undefined
        ? null
        : parseMessageReference(`${tenantId}.${transactionId}.email.${kind}.${occasion}`);
    const isOne = isUuid(transactionId) && (kind === undefined || of !== null);
    const known = isOne && (await readOutboxMail(deps.reader, { tenantId, transactionId }, of));
    if (!known) throw new Problem('not_found', 'There is no such mail in the outbox.');
    return known;
  };
  app.get('/outbox', { schema: { hide: true } }, async (request, reply) => {
    const mails = await readOutbox(deps.reader, limits.outboxRowsMax);
    reply.header('vary', 'accept').header('content-security-policy', policy);
    if (prefersHtml(request.headers.accept))
      return reply.type('text/html; charset=utf-8').send(listPage(mails));
    const data = mails.map((mail) => ({
      subject: mail.subject,
      to: mail.recipient,
      at: mail.createdAt.toISOString(),
      transaction_id: mail.transactionId,
      links: {
        self: mailPath(mail),
        raw: `${mailPath(mail)}/raw`,
        attachment: `${mailPath(mail)}/attachments/0`,
      },
    }));
    return reply.send({ data });
  });
  app.get('/outbox/:tenant_id/:mail_id', { schema: { hide: true, params } }, async (request, reply) => {
    const mail = await open(request.params);
    reply.header('content-security-policy', policy);
    return reply.type('text/html; charset=utf-8').send(mailPage(mail, await simpleParser(mail.raw)));
  });
  app.get('/outbox/:tenant_id/:mail_id/html', { schema: { hide: true, params } }, async (request, reply) => {
    const { html: body, text = '' } = await simpleParser((await open(request.params)).raw);
    reply.header('content-security-policy', policy).header('x-frame-options', 'SAMEORIGIN');
    return reply
      .type('text/html; charset=utf-8')
      .send(body === false ? page('', html`<pre>${text}</pre>`) : body);
  });
  app.get('/outbox/:tenant_id/:mail_id/raw', { schema: { hide: true, params } }, async (request, reply) => {
    const { raw } = await open(request.params);
    return reply
      .type('message/rfc822')
      .header('content-disposition', 'attachment; filename="mail.eml"')
      .send(raw);
  });
  app.get(
    '/outbox/:tenant_id/:mail_id/attachments/:index',
    { schema: { hide: true, params: object({ ...params.properties, index: Type.Integer({ minimum: 0 }) }) } },
    async (request, reply) => {
      const { attachments } = await simpleParser((await open(request.params)).raw);
      const file = attachments[request.params.index];
      if (!file) throw new Problem('not_found', 'The mail has no such attachment.');
      return reply.type(file.contentType).header('content-disposition', 'inline').send(file.content);
    },
  );
}
