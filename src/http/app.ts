import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ErrorCode } from '../base/errors.ts';
import type { Right } from '../identity/roles.ts';

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
    /** A hot route is not written to the log when it succeeds. */
    hot?: boolean;
    /** A process that is saturated refuses this route at once, so that it gets to what it has begun (shed-load.ts). */
    sheds?: boolean;
    /** Who may ask: whoever has this right at the seller that `:seller_id` of the path names (guard.ts). */
    right?: Right;
  }
  interface FastifyReply {
    /** The code of the problem that was answered, or nothing. */
    problemCode: ErrorCode | '';
  }
}
