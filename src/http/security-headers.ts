import type { FastifyInstance } from 'fastify';

const policy = {
  'default-src': "'self'",
  'img-src': "'self' data:",
  'style-src': "'self'",
  'object-src': "'none'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
};

/** The content security policy of the house, with other directives for a page that needs them. */
export function contentSecurityPolicy(overrides: Record<string, string> = {}): string {
  return Object.entries({ ...policy, ...overrides })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

/**
 * Gives every answer the headers that keep browsers from guessing, framing and leaking. Answers are
 * not kept by caches unless their route says otherwise.
 */
export function setSecurityHeaders(app: FastifyInstance, options: { https: boolean }): void {
  const headers: Record<string, string> = {
    'content-security-policy': contentSecurityPolicy(),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    'cache-control': 'no-store',
  };
  if (options.https) headers['strict-transport-security'] = 'max-age=31536000';
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id);
    done();
  });
}
