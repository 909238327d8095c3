import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../base/errors.ts';
import { sendProblem } from './problem.ts';

type KnownPath = { pattern: RegExp; methods: Set<string> };

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll('.', '\\.')));
  return new RegExp(`^${parts.join('/')}$`);
}

function methodsOf(paths: Iterable<KnownPath>, path: string): string[] {
  const methods = new Set<string>();
  for (const known of paths) {
    if (known.pattern.test(path)) for (const method of known.methods) methods.add(method);
  }
  return [...methods].toSorted();
}

/** Answers what no route takes: 405 with Allow where the path exists under other methods, else 404. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const paths = new Map<string, KnownPath>();
  app.addHook('onRoute', (route) => {
    // A wildcard would make every path known.
    if (route.url.includes('*')) return;
    const known = paths.get(route.url) ?? { pattern: toPattern(route.url), methods: new Set() };
    for (const method of [route.method].flat()) known.methods.add(method);
    paths.set(route.url, known);
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const methods = methodsOf(paths.values(), request.url.split('?', 1)[0]!);
    if (methods.length === 0 || methods.includes(request.method)) {
      return sendProblem(reply, new Problem('not_found', 'There is nothing at this address.'));
    }
    reply.header('allow', methods.join(', '));
    const detail = `${request.method} is not allowed here; ${methods.join(', ')} ${methods.length > 1 ? 'are' : 'is'}.`;
    return sendProblem(reply, new Problem('method_not_allowed', detail));
  });
}
