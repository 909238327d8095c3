import { hkdfSync } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { twoFactor } from 'better-auth/plugins';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { countAttempt } from './attempt.store.ts';
import { toProblem, type Auth } from './auth.ts';

type Options = {
  pool: Pool;
  clock: Clock;
  ids: IdSource;
  /** Of the server; what sessions are signed and second factors encrypted with is derived from it. */
  secret: string;
  /** Whether browsers reach the server over https only. */
  https: boolean;
  onError(error: unknown): void;
};

// Nobody outside sees these: our routes call the handler themselves.
const base = 'http://identity.internal/auth';
const addressHeader = 'x-caller-address';

const timestamps = { createdAt: 'created_at', updatedAt: 'updated_at' };

/** Our tables and columns, by better-auth's names. */
const tables = {
  user: { modelName: 'staff_users', fields: { emailVerified: 'email_verified', ...timestamps } },
  session: {
    modelName: 'staff_sessions',
    fields: {
      userId: 'user_id',
      expiresAt: 'expires_at',
      ipAddress: 'ip_address',
      userAgent: 'user_agent',
      ...timestamps,
    },
    expiresIn: limits.sessionSeconds,
    // A session ends when it ends, however busy it is.
    disableSessionRefresh: true,
  },
  account: {
    modelName: 'staff_credentials',
    fields: {
      userId: 'user_id',
      accountId: 'account_id',
      providerId: 'provider_id',
      accessToken: 'access_token',
      refreshToken: 'refresh_token',
      idToken: 'id_token',
      accessTokenExpiresAt: 'access_token_expires_at',
      refreshTokenExpiresAt: 'refresh_token_expires_at',
      ...timestamps,
    },
  },
  verification: { modelName: 'staff_verifications', fields: { expiresAt: 'expires_at', ...timestamps } },
};

const twoFactorTables = {
  user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
  twoFactor: {
    modelName: 'staff_two_factors',
    fields: {
      userId: 'user_id',
      backupCodes: 'backup_codes',
      failedVerificationCount: 'failed_verification_count',
      lockedUntil: 'locked_until',
    },
  },
};

function createBetterAuth({ pool, clock, ids, secret, https, onError }: Options) {
  const perAddress = { window: limits.signInsPerAddressSeconds, max: limits.signInsPerAddressMax };
  return betterAuth({
    appName: 'Taquilla',
    baseURL: base,
    secret: Buffer.from(hkdfSync('sha256', secret, '', 'staff sessions', 32)).toString('base64url'),
    database: pool,
    ...tables,
    // People come by invitation; their rows are made in one transaction with their role.
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: limits.passwordCharsMin,
      maxPasswordLength: limits.passwordCharsMax,
    },
    plugins: [
      twoFactor({
        issuer: 'Taquilla',
        twoFactorCookieMaxAge: limits.secondFactorSeconds,
        schema: twoFactorTables,
      }),
    ],
    rateLimit: {
      enabled: true,
      customRules: { '/sign-in/email': perAddress, '/two-factor/*': perAddress },
      customStorage: {
        async consume(key, { max, window }) {
          const rule = { max, windowSeconds: window };
          const { allowed, retryAfterSeconds } = await countAttempt(pool, key, rule, clock.now());
          return { allowed, retryAfter: allowed ? null : retryAfterSeconds };
        },
      },
    },
    advanced: {
      cookiePrefix: 'taquilla',
      useSecureCookies: https,
      defaultCookieAttributes: { sameSite: 'strict', httpOnly: true, path: '/' },
      database: { generateId: () => ids.uuid() },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // The guard of our routes has looked at where a request comes from.
      disableCSRFCheck: true,
      disableOriginCheck: true,
    },
    telemetry: { enabled: false },
    onAPIError: { throw: true },
    logger: {
      level: 'error',
      log: (_level, message, ...details) => onError(details.find((one) => one instanceof Error) ?? message),
    },
  });
}

/** Signs staff in by better-auth, in the tables of sql/0030. */
export function createAuth(options: Options): Auth {
  const auth = createBetterAuth(options);
  return {
    async call(path, caller, body) {
      const headers = new Headers({ 'content-type': 'application/json', [addressHeader]: caller.address });
      if (caller.cookie !== undefined) headers.set('cookie', caller.cookie);
      if (caller.userAgent !== undefined) headers.set('user-agent', caller.userAgent);
      const request = new Request(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      const response = await auth.handler(request);
      const answer = ((await response.json().catch(() => null)) ?? {}) as Record<string, unknown>;
      if (response.ok) return { body: answer, cookies: response.headers.getSetCookie() };
      const retryAfter = Number(response.headers.get('x-retry-after') ?? 1);
      const { code = '' } = answer as { code?: string };
      throw (
        toProblem(response.status, code, retryAfter) ??
        new Error(`better-auth ${path}: ${response.status} ${code}`)
      );
    },
    async readSession(cookie) {
      if (cookie === undefined) return null;
      const found = await auth.api.getSession({ headers: new Headers({ cookie }) });
      if (!found) return null;
      const { session, user } = found;
      return {
        sessionId: session.id,
        userId: user.id,
        name: user.name,
        email: user.email,
        twoFactor: user.twoFactorEnabled === true,
        expiresAt: session.expiresAt,
      };
    },
    hashPassword,
    verifyPassword: (hash, password) => verifyPassword({ hash, password }),
  };
}
