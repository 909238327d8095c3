import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { systemClock, systemIds } from '../../src/base/ids.ts';
import type { Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { invitePerson } from '../../src/identity/invite-person.store.ts';
import { commandActor } from '../../src/identity/principal.ts';
import type { Role } from '../../src/identity/roles.ts';
import type { Answer, createHttpClient } from './http-client.ts';

type HttpClient = ReturnType<typeof createHttpClient>;

export const testPassword = 'correct horse battery';

/** Somebody with a browser: the cookies that they were given go back with each request. */
export type Browser = {
  cookies: Map<string, string>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
};

let addresses = 0;

/** An address that no test has used before, for a server that believes X-Forwarded-For. */
export function nextAddress(): string {
  addresses += 1;
  return `10.${process.pid % 250}.${addresses >> 8}.${addresses & 255}`;
}

/** Opens a browser at an address of its own. */
export function openBrowser(client: HttpClient, address = nextAddress()): Browser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async send(method, path, body, headers = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await client.send(method, path, body, {
        'x-forwarded-for': address,
        ...(cookie === '' ? {} : { cookie }),
        ...headers,
      });
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === '' || /max-age=0/i.test(line)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return answer;
    },
  };
}

/** The code of an answer's problem, or its status when it is none. */
export function outcomeOf({ status, json }: Answer): string | number {
  return status < 400 ? status : (json as { code: string }).code;
}

/** The time-based code (RFC 6238) of an app that was given this otpauth:// address. */
export function totp(uri: string, at = Date.now()): string {
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  const bits = [...secret]
    .map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const number = mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** Somebody who can sign in. */
export type TestPerson = { email: string; totpUri?: string; backupCodes?: string[] };

let people = 0;

/** Invites somebody, who accepts with the password of all tests. Tenant 0 makes an administrator. */
export async function createPerson(
  pool: Pool,
  client: HttpClient,
  tenantId: number,
  role: Role,
  email = `person${(people += 1)}@example.com`,
): Promise<TestPerson> {
  const invite = {
    tenantId,
    role,
    email,
    name: 'Ana Pérez',
    actor: commandActor('test'),
    now: systemClock.now(),
  };
  const { token } = await transact(pool, (tx) => invitePerson(tx, systemIds, invite));
  const { rowCount } = await pool.query('select from staff_users where email = $1', [email]);
  const body = rowCount === 0 ? { token, password: testPassword } : { token };
  const answer = await client.send('POST', '/auth/invitations/accept', body);
  assert.equal(answer.status, 201, answer.text);
  return { email };
}

/** Signs somebody in with the password alone. */
export async function signIn(client: HttpClient, { email }: TestPerson): Promise<Browser> {
  const browser = openBrowser(client);
  const answer = await browser.send('POST', '/auth/sign-in', { email, password: testPassword });
  assert.equal(answer.status, 200, answer.text);
  return browser;
}

/** Sets up a second factor for whoever is signed in. */
export async function enrolSecondFactor(browser: Browser, person: TestPerson): Promise<void> {
  const { json, text } = await browser.send('POST', '/auth/two-factor', { password: testPassword });
  const { totp_uri, backup_codes } = json as { totp_uri: string; backup_codes: string[] };
  assert.ok(totp_uri, text);
  const verified = await browser.send('POST', '/auth/two-factor/verify', { code: totp(totp_uri) });
  assert.equal(verified.status, 200, verified.text);
  Object.assign(person, { totpUri: totp_uri, backupCodes: backup_codes });
}

/** Creates somebody and signs them in, with a second factor. */
export async function signedIn(
  pool: Pool,
  client: HttpClient,
  tenantId: number,
  role: Role,
): Promise<Browser> {
  const person = await createPerson(pool, client, tenantId, role);
  const browser = await signIn(client, person);
  await enrolSecondFactor(browser, person);
  return browser;
}
