import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ErrorCode } from '../base/errors.ts';

/** The HTTP application as routes see it: request and answer types follow from the TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route's own refusals, for the OpenAPI document; those that every route has are added. */
    problems?: readonly ErrorCode[];
    /** What a member of staff must be allowed to do; a route that names one is not open to the world. */
    right?: string;
    /** A hot route is not written to the log when it succeeds. */
    hot?: boolean;
  }
  interface FastifyReply {
    /** The code of the problem that was answered, or nothing. */
    problemCode: ErrorCode | '';
  }
}
