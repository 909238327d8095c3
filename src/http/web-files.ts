import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Whether an application of web/ has been built into this folder. */
export function isBuilt(folder: string): boolean {
  return existsSync(path.join(folder, 'index.html'));
}

/** What a page of an application says while it is not built. */
export function notBuilt(name: string): string {
  return `The ${name} is not built yet. Run "npm start", which builds it, or "npm run build".\n`;
}

/**
 * Serves what was built into a folder under a prefix: assets for good, since their names carry a hash of their
 * content, everything else anew each time.
 * @param options.decorate gives replies `sendFile`, which one folder of the server may.
 */
export function serveFiles(
  app: FastifyInstance,
  folder: string,
  options: { prefix: string; decorate: boolean },
): void {
  app.register(fastifyStatic, {
    root: folder,
    prefix: options.prefix,
    decorateReply: options.decorate,
    // One route a file, so that a path that is no file is answered like any other unknown path.
    wildcard: false,
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders(reply, file) {
      const hashed = path.dirname(file).endsWith('assets');
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
