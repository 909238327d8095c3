import { Type } from 'typebox';
import { errorTable, Problem, type ErrorCode } from '../base/errors.ts';
import type { App } from './app.ts';
import { object } from './schemas.ts';

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><main>${body}<p><a href="/problems">All problems</a> · <a href="/docs/">API</a></p></main></html>`;
}

function describe(code: ErrorCode): string {
  const { status, title } = errorTable[code];
  return page(code, `<h1>${title}</h1><p>Code <code>${code}</code>, HTTP status ${status}.</p>`);
}

function describeAll(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, title }]) =>
      `<tr><td>${status}</td><td><a href="/problems/${code}">${code}</a></td><td>${title}</td></tr>`,
  );
  return page('Problems', `<h1>Problems</h1><table>${rows.join('')}</table>`);
}

/** Pages that say what the `type` of a problem leads to, made from the error table. */
export function readProblemRoute(app: App): void {
  const html = 'text/html; charset=utf-8';
  app.get('/problems', { schema: { hide: true } }, (_request, reply) => reply.type(html).send(describeAll()));
  app.get(
    '/problems/:code',
    { schema: { hide: true, params: object({ code: Type.String({ maxLength: 64 }) }) } },
    (request, reply) => {
      const { code } = request.params;
      if (!Object.hasOwn(errorTable, code)) throw new Problem('not_found', 'No problem has this code.');
      return reply.type(html).send(describe(code as ErrorCode));
    },
  );
}
