import { randomBytes } from 'node:crypto';
import { fastify, type FastifyInstance } from 'fastify';
import { contentSecurityPolicy } from './security-headers.ts';

type Reader = { page: string; script: Buffer };

const scriptPath = '/docs/js/scalar.js';

/** The package gives its page and its script away only as routes, so a server that never listens is asked for them. */
async function loadReader(nonce: string): Promise<Reader> {
  const { default: reference } = await import('@scalar/fastify-api-reference');
  const app = fastify();
  app.register(reference, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      cdn: scriptPath,
      pageTitle: 'Taquilla API',
      favicon: '/favicon.svg',
      nonce,
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
    },
  });
  const page = await app.inject('/docs/');
  const script = await app.inject(scriptPath);
  await app.close();
  return { page: page.body, script: script.rawPayload };
}

/**
 * Serves a reader of the OpenAPI document at /docs, whole from this server, so that it works without a
 * network. It is loaded when it is first asked for: its 5 MB would cost every start half a second.
 */
export function serveApiReference(app: FastifyInstance): void {
  // The page shows nothing that a visitor sends, so one nonce for the life of the process is enough.
  const nonce = randomBytes(16).toString('base64');
  const policy = contentSecurityPolicy({
    'script-src': `'self' 'nonce-${nonce}'`,
    'style-src': "'self' 'unsafe-inline'",
    'font-src': "'self' data:",
  });
  let reader: Promise<Reader> | undefined;
  for (const url of ['/docs', '/docs/']) {
    app.get(url, async (_request, reply) => {
      const { page } = await (reader ??= loadReader(nonce));
      return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(page);
    });
  }
  app.get(scriptPath, async (_request, reply) => {
    const { script } = await (reader ??= loadReader(nonce));
    reply.header('cache-control', 'public, max-age=86400');
    return reply.type('text/javascript; charset=utf-8').send(script);
  });
}
