import compress from '@fastify/compress';
import { fastify, LogController, type FastifyBaseLogger } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { failpoints } from '../base/failpoint.ts';
import { Problem } from '../base/errors.ts';
import { systemIds } from '../base/ids.ts';
import { holdsCardNumber } from '../base/card-number.ts';
import { limits } from '../base/limits.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ServiceMeter } from '../telemetry/service-reading.ts';
import { serveApiReference } from './api-reference.ts';
import type { App } from './app.ts';
import { handleClientError } from './client-error.ts';
import { serveDoor } from './door.ts';
import { serveConsole } from './console.ts';
import { acceptJsonBodies } from './json-body.ts';
import { answerUnknownRoutes } from './not-found.ts';
import { observeRequests } from './observe.ts';
import { collectOpenApi, serveOpenApi } from './openapi.ts';
import { handleError } from './problem.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { serveShop } from './shop.ts';
import { findUnsafeText, refuseCardNumbers } from './unsafe-text.ts';
import { validateBySchema } from './validation.ts';

export type ServerOptions = {
  logger: Logger;
  metrics: Metrics;
  meter: ServiceMeter;
  trustProxy: boolean | string[];
  publicUrl: string | undefined;
  version: string;
  /** The folder of the built shop; absent for an API alone. */
  shopDir: string | undefined;
  /** The folder of the built door; absent for an API alone. */
  doorDir: string | undefined;
  /** The folder of the built console; absent for an API alone. */
  consoleDir: string | undefined;
  /** While true, answers ask their connections to close. */
  isDraining(): boolean;
  /** Mounts the routes, once all that they rely on stands. */
  mount(app: App): void;
};

const requestIdPattern = /^[A-Za-z0-9._-]{8,64}$/;

function createApp(options: ServerOptions): App {
  // The wider type, which the rest of the house speaks of.
  const loggerInstance: FastifyBaseLogger = options.logger;
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId(request) {
      const given = request.headers['x-request-id'];
      const isGood = typeof given === 'string' && requestIdPattern.test(given) && !holdsCardNumber(given);
      return isGood ? given : systemIds.uuid();
    },
    trustProxy: options.trustProxy,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestSecondsMax * 1000,
    keepAliveTimeout: limits.keepAliveSeconds * 1000,
    maxRequestsPerSocket: limits.requestsPerSocketMax,
    http: {
      headersTimeout: limits.requestHeadersSecondsMax * 1000,
      // Node looks for requests that take too long at this interval; its own 30 s would be the real limit.
      connectionsCheckingInterval: 2_000,
      // Node's own answer to a request without Host has no body.
      requireHostHeader: false,
    },
    return503OnClosing: false,
    frameworkErrors: handleError,
    clientErrorHandler: handleClientError,
  });
  return app.withTypeProvider<TypeBoxTypeProvider>();
}

function refuseUnreadable(app: App): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      done(new Problem('request_malformed', 'The Host header is missing.'));
      return;
    }
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      done(new Problem('media_type_unsupported', 'Send the body without a content encoding.'));
      return;
    }
    done();
  });
  app.addHook('preValidation', (request, _reply, done) => {
    if (findUnsafeText(request.params, '', 1).length > 0) {
      done(new Problem('not_found', 'There is nothing at this address.'));
      return;
    }
    const errors = findUnsafeText(request.query, 'query', limits.fieldErrorsMax);
    if (errors.length === 0) {
      try {
        refuseCardNumbers(request.query, 'query');
        refuseCardNumbers(request.params, 'path');
        refuseCardNumbers(request.headers['idempotency-key'], 'header/idempotency-key');
        done();
      } catch (error) {
        done(error as Problem);
      }
    } else done(new Problem('body_invalid', 'The query string has text that cannot be stored.', { errors }));
  });
}

/** Builds the HTTP server: what every request meets, then the shop, then the routes. */
export function buildServer(options: ServerOptions): App {
  const app = createApp(options);
  app.setErrorHandler(handleError);
  acceptJsonBodies(app);
  validateBySchema(app);
  observeRequests(app, options.metrics, options.meter);
  setSecurityHeaders(app, { https: options.publicUrl?.startsWith('https:') ?? false });
  answerUnknownRoutes(app);
  refuseUnreadable(app);
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (options.isDraining()) reply.header('connection', 'close');
    done(null, payload);
  });
  if (failpoints) {
    const { reach } = failpoints;
    app.addHook('onSend', (request) => reach(`answer ${request.method} ${request.routeOptions.url ?? ''}`));
  }
  app.register(compress, { encodings: ['br', 'gzip'], globalDecompression: false });
  collectOpenApi(app, options);
  // An async plugin: what one that calls back throws is lost, and starting hangs.
  app.register(async (scope) => {
    if (options.shopDir !== undefined) serveShop(scope, options.shopDir);
    if (options.doorDir !== undefined) serveDoor(scope, options.doorDir);
    if (options.consoleDir !== undefined) serveConsole(scope, options.consoleDir);
    serveOpenApi(scope);
    serveApiReference(scope);
    options.mount(scope);
  });
  return app;
}
