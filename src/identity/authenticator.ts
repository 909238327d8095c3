import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import type { Reader } from '../db/transaction.ts';
import { findApiKey, touchApiKey } from './api-key.store.ts';
import type { Auth } from './auth.ts';
import { findDevice, touchDevice } from './device.store.ts';
import type { Principal } from './principal.ts';
import { parseToken } from './secret-token.ts';
import { readRole } from './staff.store.ts';

/** What a request says about who sends it. */
export type Credentials = { cookie: string | undefined; authorization: string | undefined };

/**
 * Finds who sends a request, as whom they act at a seller: by the token of a key or a device, else by their session.
 * @returns null when nobody is known by these credentials.
 * @throws Problem `seller_not_found` for somebody who is known, and not at this seller.
 */
export type Authenticate = (credentials: Credentials, tenantId: number) => Promise<Principal | null>;

type Deps = { pool: Pool; reader: Reader; auth: Pick<Auth, 'readSession'>; clock: Clock };

function sellerNotFound(): Problem {
  return new Problem('seller_not_found', 'There is no such seller, or nothing of it is yours to see.');
}

/** Whether a last use is old enough to be written again, so that a busy key does not write with every request. */
function isDue(last: Date | null, now: Date): boolean {
  return last === null || now.getTime() - last.getTime() >= limits.lastUseSeconds * 1000;
}

/** Creates what tells who sends a request. */
export function createAuthenticator({ pool, reader, auth, clock }: Deps): Authenticate {
  async function byToken(text: string, tenantId: number): Promise<Principal | null> {
    const token = parseToken(text);
    const now = clock.now();
    if (token?.kind === 'live') {
      const key = await findApiKey(reader, token.tenantId, token.hash, now);
      if (!key) return null;
      if (token.tenantId !== tenantId) throw sellerNotFound();
      if (isDue(key.lastUsedAt, now)) await touchApiKey(pool, tenantId, key.keyId, now);
      return { kind: 'api_key', tenantId, keyId: key.keyId, name: key.name, rights: key.rights };
    }
    if (token?.kind === 'device') {
      const device = await findDevice(reader, token.tenantId, token.hash);
      if (!device) return null;
      if (token.tenantId !== tenantId) throw sellerNotFound();
      if (isDue(device.lastSeenAt, now)) await touchDevice(pool, tenantId, device.deviceNo, now);
      const { deviceNo, name, kind } = device;
      return { kind: 'device', tenantId, deviceNo, name, deviceKind: kind };
    }
    return null;
  }

  return async ({ cookie, authorization }, tenantId) => {
    if (authorization !== undefined) {
      const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
      return token === undefined ? null : await byToken(token, tenantId);
    }
    const session = await auth.readSession(cookie);
    if (!session) return null;
    const staff = await readRole(reader, tenantId, session.userId);
    if (!staff) throw sellerNotFound();
    return { kind: 'staff', tenantId, userId: session.userId, ...staff };
  };
}
