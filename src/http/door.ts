import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../base/errors.ts';
import { acceptsHtml } from './accept.ts';
import { contentSecurityPolicy } from './security-headers.ts';
import { isBuilt, notBuilt, serveFiles } from './web-files.ts';

/** What the door's page may do beyond the others: read codes by its own WebAssembly, off its own camera. */
const pageHeaders = {
  'content-security-policy': contentSecurityPolicy({ 'script-src': "'self' 'wasm-unsafe-eval'" }),
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  'cache-control': 'no-cache',
};

/** Serves the built door from its folder: a page under `/door/`, so that its service worker reaches no other. */
export function serveDoor(app: FastifyInstance, folder: string): void {
  const built = isBuilt(folder);
  if (built) serveFiles(app, folder, { prefix: '/door/', decorate: false });
  const page = built ? readFileSync(path.join(folder, 'index.html')) : undefined;
  app.get('/door', { schema: { hide: true } }, (_request, reply) => reply.redirect('/door/', 308));
  app.get('/door/', { schema: { hide: true } }, (request, reply) => {
    if (!acceptsHtml(request.headers.accept))
      throw new Problem('not_found', 'There is only a page at this address.');
    if (!page) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt('door'));
    return reply.headers(pageHeaders).type('text/html; charset=utf-8').send(page);
  });
}
