import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { errorTable, type ErrorCode } from '../base/errors.ts';
import { problemMediaType } from './problem.ts';
import { problemSchema } from './schemas.ts';

const description = `
Taquilla sells places of events. A sale is: read an event and its seats, place a **hold**, then **confirm** it.
The answer to a confirmation comes at once; tickets and messages follow, and can be watched as a stream of events.

Money is an integer of minor units. Instants are RFC 3339 in UTC. Every refusal is a problem (RFC 9457) with a
stable \`code\`.`;

const ofBodies: ErrorCode[] = ['json_malformed', 'body_invalid', 'body_too_large', 'media_type_unsupported'];
const ofGuarded: ErrorCode[] = ['unauthenticated', 'forbidden', 'two_factor_required', 'seller_not_found'];
const ofAll: ErrorCode[] = ['internal_error', 'overloaded', 'unavailable'];

function problemsOf(route: RouteOptions): Set<ErrorCode> {
  const codes = new Set<ErrorCode>(route.config?.problems);
  if (route.schema?.body) for (const code of ofBodies) codes.add(code);
  if (route.schema?.querystring) codes.add('body_invalid');
  if (route.config?.right) for (const code of ofGuarded) codes.add(code);
  for (const code of ofAll) codes.add(code);
  return codes;
}

/** Answers for the document alone: the server writes problems itself and needs no serializers for them. */
function problemAnswers(codes: Set<ErrorCode>): Record<number, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' '),
        content: { [problemMediaType]: { schema: { $ref: 'Problem#' } } },
      },
    ]),
  );
}

function describeRoute(route: { schema: FastifySchema | undefined; url: string; route: RouteOptions }) {
  // A route without a schema is no part of the contract.
  if (!route.schema) return { schema: { hide: true }, url: route.url };
  const response = { ...problemAnswers(problemsOf(route.route)), ...(route.schema.response as object) };
  const right = route.route.config?.right;
  const guarded = right && {
    description: `For whoever has the right \`${right}\`.`,
    security: [{ session: [] }, { bearer: [] }],
  };
  return { schema: { ...route.schema, ...guarded, response }, url: route.url };
}

/** Collects the OpenAPI document from every route mounted after this. */
export function collectOpenApi(
  app: FastifyInstance,
  options: { version: string; publicUrl: string | undefined },
): void {
  app.addSchema({ $id: 'Problem', ...problemSchema });
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Taquilla', version: options.version, description },
      servers: [{ url: options.publicUrl ?? '/' }],
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'taquilla.session_token' },
          bearer: { type: 'http', scheme: 'bearer', description: 'The token of an API key or a device' },
        },
      },
      tags: [
        { name: 'catalog', description: 'Events, seat plans and what is free' },
        { name: 'holds', description: 'Places kept for a buyer for some minutes' },
        { name: 'sales', description: 'Confirming, following and reading a sale' },
        { name: 'identity', description: 'Staff, roles, sign-in, API keys, devices and the audit log' },
        { name: 'refunds', description: 'Voids, refunds, exchanges, and the way of their money' },
        { name: 'reports', description: 'What was sold, and what is held' },
        { name: 'operation', description: 'Health and metrics' },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, i) =>
        typeof json.$id === 'string' ? json.$id : `schema-${i}`,
    },
    // A boolean union of the plugin's own types that its option type does not accept.
    transform: (route: Parameters<typeof describeRoute>[0]) => describeRoute(route),
  });
}

/** Serves the document at /openapi.json. */
export function serveOpenApi(app: FastifyInstance): void {
  let document: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply
      .header('cache-control', 'no-cache')
      .type('application/json')
      .serializer(String)
      .send(document);
  });
}
