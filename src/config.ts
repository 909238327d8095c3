import { parseFailOrders, type FailOrder } from './base/failpoint.ts';
import { limits } from './base/limits.ts';
import type { MetaNumber, TwilioAccount } from './notifications/channel.ts';
import type { StripeAccount } from './payments/payment-provider.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** An application at Meta with a WhatsApp number, and what its callbacks are known by. */
export type MetaConfig = MetaNumber & { appSecret: string; verifyToken: string };

/** What Apple gives out for wallet passes; paths of files, PEM or DER. */
export type ApplePassConfig = {
  passTypeId: string;
  teamId: string;
  certificateFile: string;
  keyFile: string;
  keyPassphrase: string | undefined;
  wwdrFile: string;
};

/** What the environment decides. Everything that is not here is a constant of src/base/limits.ts. */
export type Config = {
  host: string;
  port: number;
  /** Where `taquilla work` shows its readings; absent: nowhere. */
  metricsPort: number | undefined;
  /** Absent: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Where the embedded database is kept. */
  dataDir: string;
  /** The address under which people reach the shop, without a last slash. */
  publicUrl: string | undefined;
  /** Absent: mails go to the outbox page. */
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Where mails come back to that cannot be delivered, and where this process takes them. Absent: to their sender. */
  bounces: { domain: string; port: number } | undefined;
  /** Absent: no SMS, and no WhatsApp by Twilio. */
  twilio: TwilioAccount | undefined;
  /** Absent: no WhatsApp by Meta. */
  meta: MetaConfig | undefined;
  /** Absent: no cards on line. */
  stripe: StripeAccount | undefined;
  /** How long the money of a card on line may take, and what somebody has to verify; the places are kept so long. */
  cardPaymentSeconds: number;
  reportedPaymentSeconds: number;
  /** A payment of which its provider told nothing for so long is asked for. */
  paymentAskSeconds: number;
  /** Absent: passes are signed by keys to try with, and nobody is offered any. */
  applePass: ApplePassConfig | undefined;
  /** Absent: no Google Wallet. */
  googleWallet: { issuerId: string; keyFile: string } | undefined;
  /** Where telephones are told that a pass has changed; up to its version, where Google is. */
  walletServices: { apnsUrl: string; googleApiUrl: string };
  /** Lets webhooks go to this machine, without TLS: for tests and trials. */
  webhooksToLoopback: boolean;
  /** Signs the secret links of sales and staff's sessions. Absent: one is made and kept in the database, for all its processes. */
  secret: string | undefined;
  /** The proxies whose X-Forwarded headers are believed. */
  trustProxy: boolean | string[];
  logLevel: LogLevel;
  dbPoolSize: number;
  holdTtlSeconds: number;
  holdsPerClientMax: number;
  holdsPerAddressMax: number;
  /** How long a process that is told to end may take to finish what it has begun. */
  drainSeconds: number;
  /** How long it still takes requests before that, so that a balancer sees that it is not ready. */
  drainDelaySeconds: number;
  /** Where this process breaks, for tests of what follows; absent in every other. */
  failOrders: FailOrder[] | undefined;
};

/** The environment cannot be used; `faults` names every reason at once, in sentences. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: string[];

  constructor(faults: string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

type Env = Record<string, string | undefined>;

class EnvReader {
  readonly faults: string[] = [];
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  /** A variable that is empty counts as absent. */
  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === '' ? undefined : value;
  }

  int(name: string, fallback: number, min: number, max: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    this.faults.push(`${name} is a whole number from ${min} to ${max}, not "${text}".`);
    return fallback;
  }

  oneOf<T extends string>(name: string, fallback: T, allowed: readonly T[]): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = allowed.find((one) => one === text);
    if (value === undefined) this.faults.push(`${name} is one of ${allowed.join(', ')}, not "${text}".`);
    return value ?? fallback;
  }

  /** The value is never repeated in a fault: it may hold a password. */
  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const protocol = URL.canParse(text) ? new URL(text).protocol : '';
    if (protocols.includes(protocol)) return text;
    const starts = protocols.map((one) => `${one}//`).join(' or ');
    this.faults.push(`${name} is a URL that starts with ${starts}; what it holds is not.`);
    return undefined;
  }
}

/** Settings that only make sense together: all of them, or undefined when none is there. */
function together<N extends string>(
  env: EnvReader,
  values: Record<N, string | undefined>,
): Record<N, string> | undefined {
  const names = Object.keys(values) as N[];
  const missing = names.filter((name) => values[name] === undefined);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0)
    env.faults.push(`${missing.join(', ')} is missing; ${names.join(', ')} go together.`);
  return values as Record<N, string>;
}

function readBounces(env: EnvReader): Config['bounces'] {
  const domain = env.text('BOUNCE_DOMAIN')?.toLowerCase();
  const port = env.int('BOUNCE_PORT', 2_525, 0, 65_535);
  if (domain === undefined) return undefined;
  if (!/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/.test(domain) || domain.length > 190)
    env.faults.push(`BOUNCE_DOMAIN is a domain such as bounces.example.com, not "${domain}".`);
  return { domain, port };
}

function readTwilio(env: EnvReader): TwilioAccount | undefined {
  const account = together(env, {
    TWILIO_ACCOUNT_SID: env.text('TWILIO_ACCOUNT_SID'),
    TWILIO_AUTH_TOKEN: env.text('TWILIO_AUTH_TOKEN'),
  });
  const apiUrl = env.url('TWILIO_API_URL', ['http:', 'https:']) ?? 'https://api.twilio.com';
  if (!account) return undefined;
  const smsFrom = env.text('TWILIO_SMS_FROM');
  const whatsappFrom = env.text('TWILIO_WHATSAPP_FROM');
  if (smsFrom === undefined && whatsappFrom === undefined) {
    env.faults.push('TWILIO_ACCOUNT_SID needs TWILIO_SMS_FROM, TWILIO_WHATSAPP_FROM, or both.');
  }
  return {
    accountSid: account.TWILIO_ACCOUNT_SID,
    authToken: account.TWILIO_AUTH_TOKEN,
    smsFrom,
    whatsappFrom,
    apiUrl,
  };
}

function readMeta(env: EnvReader): MetaConfig | undefined {
  const app = together(env, {
    META_WHATSAPP_NUMBER_ID: env.text('META_WHATSAPP_NUMBER_ID'),
    META_ACCESS_TOKEN: env.text('META_ACCESS_TOKEN'),
    META_APP_SECRET: env.text('META_APP_SECRET'),
    META_VERIFY_TOKEN: env.text('META_VERIFY_TOKEN'),
  });
  const apiUrl = env.url('META_API_URL', ['http:', 'https:']) ?? 'https://graph.facebook.com/v24.0';
  if (!app) return undefined;
  return {
    phoneNumberId: app.META_WHATSAPP_NUMBER_ID,
    accessToken: app.META_ACCESS_TOKEN,
    appSecret: app.META_APP_SECRET,
    verifyToken: app.META_VERIFY_TOKEN,
    apiUrl,
  };
}

function readStripe(env: EnvReader): StripeAccount | undefined {
  const account = together(env, {
    STRIPE_SECRET_KEY: env.text('STRIPE_SECRET_KEY'),
    STRIPE_WEBHOOK_SECRET: env.text('STRIPE_WEBHOOK_SECRET'),
  });
  const apiUrl = env.url('STRIPE_API_URL', ['http:', 'https:']) ?? 'https://api.stripe.com';
  return (
    account && { secretKey: account.STRIPE_SECRET_KEY, webhookSecret: account.STRIPE_WEBHOOK_SECRET, apiUrl }
  );
}

function readApplePass(env: EnvReader): ApplePassConfig | undefined {
  const keyPassphrase = env.text('APPLE_PASS_KEY_PASSPHRASE');
  const given = together(env, {
    APPLE_PASS_TYPE_ID: env.text('APPLE_PASS_TYPE_ID'),
    APPLE_TEAM_ID: env.text('APPLE_TEAM_ID'),
    APPLE_PASS_CERTIFICATE_FILE: env.text('APPLE_PASS_CERTIFICATE_FILE'),
    APPLE_PASS_KEY_FILE: env.text('APPLE_PASS_KEY_FILE'),
    APPLE_WWDR_FILE: env.text('APPLE_WWDR_FILE'),
  });
  if (!given) return undefined;
  return {
    passTypeId: given.APPLE_PASS_TYPE_ID,
    teamId: given.APPLE_TEAM_ID,
    certificateFile: given.APPLE_PASS_CERTIFICATE_FILE,
    keyFile: given.APPLE_PASS_KEY_FILE,
    keyPassphrase,
    wwdrFile: given.APPLE_WWDR_FILE,
  };
}

function readGoogleWallet(env: EnvReader): { issuerId: string; keyFile: string } | undefined {
  const given = together(env, {
    GOOGLE_WALLET_ISSUER_ID: env.text('GOOGLE_WALLET_ISSUER_ID'),
    GOOGLE_WALLET_KEY_FILE: env.text('GOOGLE_WALLET_KEY_FILE'),
  });
  return given && { issuerId: given.GOOGLE_WALLET_ISSUER_ID, keyFile: given.GOOGLE_WALLET_KEY_FILE };
}

function readTrustProxy(env: EnvReader): boolean | string[] {
  const text = env.text('TRUST_PROXY');
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  const addresses = text.split(',').map((one) => one.trim());
  const named = ['loopback', 'linklocal', 'uniquelocal'];
  const bad = addresses.filter((one) => !named.includes(one) && !/^[0-9a-fA-F:.]+(\/\d{1,3})?$/.test(one));
  if (bad.length > 0) {
    env.faults.push(
      `TRUST_PROXY is true, false, or a list of addresses such as 10.0.0.0/8,loopback; not "${bad.join(', ')}".`,
    );
  }
  return addresses;
}

function readSecret(env: EnvReader): string | undefined {
  const secret = env.text('TAQUILLA_SECRET');
  if (secret !== undefined && secret.length < 32) {
    env.faults.push('TAQUILLA_SECRET has at least 32 characters; make one with: openssl rand -base64 32');
  }
  return secret;
}

function readFailOrders(env: EnvReader): FailOrder[] | undefined {
  const text = env.text('TAQUILLA_FAILPOINTS');
  if (text === undefined) return undefined;
  const orders = parseFailOrders(text);
  if (!orders) env.faults.push('TAQUILLA_FAILPOINTS is "note" or like "committed confirm_sales=kill@3".');
  return orders ?? undefined;
}

/**
 * Reads the configuration.
 * @throws ConfigError that names every fault.
 */
export function readConfig(environment: Env): Config {
  const env = new EnvReader(environment);
  const config: Config = {
    host: env.text('HOST') ?? '127.0.0.1',
    port: env.int('PORT', 3000, 0, 65_535),
    metricsPort: env.text('METRICS_PORT') === undefined ? undefined : env.int('METRICS_PORT', 0, 0, 65_535),
    databaseUrl: env.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    dataDir: env.text('TAQUILLA_DATA_DIR') ?? 'data',
    publicUrl: env.url('PUBLIC_URL', ['http:', 'https:'])?.replace(/\/+$/, ''),
    smtpUrl: env.url('SMTP_URL', ['smtp:', 'smtps:']),
    mailFrom: env.text('MAIL_FROM') ?? 'Taquilla <tickets@localhost>',
    bounces: readBounces(env),
    twilio: readTwilio(env),
    meta: readMeta(env),
    stripe: readStripe(env),
    cardPaymentSeconds: env.int('CARD_PAYMENT_SECONDS', limits.cardPaymentSeconds, 1, 82_800),
    reportedPaymentSeconds: env.int('REPORTED_PAYMENT_SECONDS', limits.reportedPaymentSeconds, 1, 2_592_000),
    paymentAskSeconds: env.int('PAYMENT_ASK_SECONDS', limits.paymentAskSeconds, 1, 3_600),
    applePass: readApplePass(env),
    googleWallet: readGoogleWallet(env),
    walletServices: {
      apnsUrl: env.url('APNS_URL', ['http:', 'https:']) ?? 'https://api.push.apple.com',
      googleApiUrl:
        env.url('GOOGLE_WALLET_API_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ??
        'https://walletobjects.googleapis.com/walletobjects/v1',
    },
    webhooksToLoopback: env.oneOf('WEBHOOKS_TO_LOOPBACK', 'false', ['true', 'false']) === 'true',
    secret: readSecret(env),
    trustProxy: readTrustProxy(env),
    logLevel: env.oneOf('LOG_LEVEL', 'info', logLevels),
    dbPoolSize: env.int('DB_POOL_SIZE', 10, 2, 500),
    holdTtlSeconds: env.int('HOLD_TTL_SECONDS', limits.holdTtlSeconds, 1, 86_400),
    holdsPerClientMax: env.int('HOLDS_PER_CLIENT_MAX', limits.holdsAlivePerClientMax, 1, 1_000_000),
    holdsPerAddressMax: env.int('HOLDS_PER_ADDRESS_MAX', limits.holdsAlivePerAddressMax, 1, 1_000_000),
    drainSeconds: env.int('DRAIN_SECONDS', 20, 1, 600),
    drainDelaySeconds: env.int('DRAIN_DELAY_SECONDS', 0, 0, 600),
    failOrders: readFailOrders(env),
  };
  if (env.faults.length > 0) throw new ConfigError(env.faults);
  return config;
}
