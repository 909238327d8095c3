import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { hideCardNumbers } from '../base/card-number.ts';
import { Problem } from '../base/errors.ts';
import { parseSellerId } from '../base/ids.ts';
import { unauthenticated, type Auth, type AuthCaller, type SignedIn } from '../identity/auth.ts';
import type { Authenticate } from '../identity/authenticator.ts';
import { may, toActor, type Actor, type Principal } from '../identity/principal.ts';
import { isChange, needsTwoFactor, type Right } from '../identity/roles.ts';

/** What a path that names no seller asks for: nobody has a right there, while 0 is the platform. */
const noSeller = -1;

const principals = new WeakMap<FastifyRequest, Principal>();

/**
 * Who sends a request to a guarded route.
 * @throws when the route names no right: that is a fault in its code.
 */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  if (!principal) throw new Error(`${request.routeOptions.url ?? 'this route'} names no right in its config`);
  return principal;
}

/** The sender of a request to a guarded route, as the audit log names them. */
export function actorOf(request: FastifyRequest): Actor {
  return toActor(principalOf(request), { address: request.ip, requestId: request.id });
}

/**
 * Refuses a change that a browser sends for another site's page. Cookies go with it where the other site is a
 * neighbour under one domain, whatever their SameSite says.
 * @throws Problem `forbidden`.
 */
function refuseCrossSite(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isOwn =
    site === undefined
      ? origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.host)
      : site === 'same-origin' || site === 'none';
  if (!isOwn) throw new Problem('forbidden', 'A page of another site asked for this.');
}

/**
 * Who sends a request that changes something of their own, such as their password.
 * @throws Problem `forbidden` when a page of another site sends it.
 */
export function callerOf(request: FastifyRequest): AuthCaller {
  refuseCrossSite(request);
  const { cookie, 'user-agent': userAgent } = request.headers;
  return { cookie, address: request.ip, userAgent: userAgent && hideCardNumbers(userAgent) };
}

/** Whoever is signed in. @throws Problem `unauthenticated`. */
export async function signedInOf(
  request: FastifyRequest,
  auth: Pick<Auth, 'readSession'>,
): Promise<SignedIn> {
  const session = await auth.readSession(request.headers.cookie);
  if (!session) throw unauthenticated();
  return session;
}

function refuseWithoutRight(principal: Principal, right: Right): void {
  if (!may(principal, right)) {
    throw new Problem('forbidden', `This needs the right ${right}, which you do not have.`);
  }
  if (
    isChange(right) &&
    principal.kind === 'staff' &&
    needsTwoFactor(principal.role) &&
    !principal.twoFactor
  ) {
    const detail = 'Set up a second factor before you change anything: POST /auth/two-factor.';
    throw new Problem('two_factor_required', detail);
  }
}

/**
 * Whether the sender of a request that buyers send, too, has a right at a seller.
 * @throws Problem `forbidden` when a page of another site sends it, `two_factor_required`.
 */
export async function mayAt(
  request: FastifyRequest,
  authenticate: Authenticate,
  tenantId: number,
  right: Right,
): Promise<boolean> {
  const { cookie, authorization } = request.headers;
  if (cookie === undefined && authorization === undefined) return false;
  const principal = await authenticate({ cookie, authorization }, tenantId).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'seller_not_found') return null;
    throw error;
  });
  if (!principal || !may(principal, right)) return false;
  if (authorization === undefined) refuseCrossSite(request);
  refuseWithoutRight(principal, right);
  return true;
}

/**
 * Lets whoever has a right at a seller through, where the path does not name the seller.
 * @throws Problem `unauthenticated`, `seller_not_found`, `forbidden`, `two_factor_required`.
 */
export async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  authenticate: Authenticate,
  to: { tenantId: number; right: Right },
): Promise<Principal> {
  const { cookie, authorization } = request.headers;
  const hasCredentials = cookie !== undefined || authorization !== undefined;
  const principal = hasCredentials ? await authenticate({ cookie, authorization }, to.tenantId) : null;
  if (!principal) {
    reply.header('www-authenticate', 'Bearer');
    throw unauthenticated();
  }
  if (authorization === undefined && request.method !== 'GET' && request.method !== 'HEAD') {
    refuseCrossSite(request);
  }
  refuseWithoutRight(principal, to.right);
  return principal;
}

function guard(authenticate: Authenticate, right: Right): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const tenantId = parseSellerId((request.params as { seller_id: string }).seller_id) ?? noSeller;
    principals.set(request, await admit(request, reply, authenticate, { tenantId, right }));
  };
}

/**
 * Guards every route mounted after this whose config names a right: only whoever has it at the seller of the path
 * gets through. A route without a right, as all that buyers use, gets no hook.
 * @throws when a route that names a right has no `:seller_id` in its path.
 */
export function guardRoutes(app: FastifyInstance, authenticate: Authenticate): void {
  app.addHook('onRoute', (route) => {
    const right = route.config?.right;
    if (right === undefined) return;
    if (!route.url.includes('/:seller_id'))
      throw new Error(`${route.url} names a right, and no seller to have it at`);
    route.onRequest = [guard(authenticate, right), ...[route.onRequest ?? []].flat()];
  });
}
