import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../base/errors.ts';
import { acceptsHtml } from './accept.ts';
import { contentSecurityPolicy } from './security-headers.ts';
import { isBuilt, notBuilt, serveFiles } from './web-files.ts';

/** The box office sends a receipt's bytes to a print server on its own machine. */
const policy = contentSecurityPolicy({
  'connect-src': "'self' http://127.0.0.1:* http://localhost:*",
});

/**
 * Serves the built console from its folder under `/console`. Every address below it that is no file and no route
 * of its own gets the console's page, which knows what its addresses mean.
 */
export function serveConsole(app: FastifyInstance, folder: string): void {
  const built = isBuilt(folder);
  if (built) serveFiles(app, folder, { prefix: '/console/', decorate: false });
  const page = built ? readFileSync(path.join(folder, 'index.html')) : undefined;
  for (const url of ['/console', '/console/*']) {
    app.get(url, { schema: { hide: true } }, (request, reply) => {
      const isPage = !request.url.startsWith('/console/assets/') && acceptsHtml(request.headers.accept);
      if (!isPage) throw new Problem('not_found', 'There is only a page at this address.');
      if (!page) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt('console'));
      reply.header('content-security-policy', policy);
      return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page);
    });
  }
}
