import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { Problem } from '../base/errors.ts';
import { acceptsHtml, prefersHtml } from './accept.ts';
import { isBuilt, notBuilt, serveFiles } from './web-files.ts';

/** Addresses of the shop that only it answers. */
const pages = ['/', '/checkout/:hold_token', '/orders/:transaction_id'];
/** Addresses of the pages of tickets, which are an application of their own. */
const ticketPages = ['/tickets/:transaction_id', '/transfer'];
/** Addresses of the shop that the API answers too: the Accept header tells which is meant. */
const sharedPages = new Set(['/events', '/events/:event_id']);

function sendPage(reply: FastifyReply, built: boolean, file = 'index.html'): FastifyReply {
  reply.header('vary', 'accept');
  if (!built) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt('shop'));
  return reply.sendFile(file);
}

/** Gives the shop's page to browsers on the paths that it shares with the API. */
function sharePages(app: FastifyInstance, built: boolean): void {
  const negotiate: onRequestHookHandler = (request, reply, done) => {
    if (prefersHtml(request.headers.accept)) {
      sendPage(reply, built);
      return;
    }
    reply.header('vary', 'accept');
    done();
  };
  app.addHook('onRoute', (route) => {
    if (route.method !== 'GET' && route.method !== 'HEAD') return;
    if (sharedPages.has(route.url)) route.onRequest = [negotiate, ...[route.onRequest ?? []].flat()];
  });
}

/** Serves the built shop from its folder, beside the API. Call it before the routes are mounted. */
export function serveShop(app: FastifyInstance, folder: string): void {
  const built = isBuilt(folder);
  if (built) serveFiles(app, folder, { prefix: '/', decorate: true });
  sharePages(app, built);
  for (const page of [...pages, ...ticketPages]) {
    app.get(page, { schema: { hide: true } }, (request: FastifyRequest, reply) => {
      if (!acceptsHtml(request.headers.accept))
        throw new Problem('not_found', 'There is only a page at this address.');
      return sendPage(reply, built, ticketPages.includes(page) ? 'tickets.html' : 'index.html');
    });
  }
}
