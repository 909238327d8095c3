import { importPKCS8, SignJWT } from 'jose';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pushed } from './apns.adapter.ts';
import type { GoogleWallet } from './google-pass.ts';

/** Google Wallet's REST API, by the service account. */
export type GoogleApi = {
  /** Changes what is kept under an id; `gone`: nobody has kept it. */
  patch(kind: 'eventTicketClass' | 'eventTicketObject', id: string, body: object): Promise<Pushed>;
};

const scope = 'https://www.googleapis.com/auth/wallet_object.issuer';
const tokenSeconds = 3_600;

/** Opens Google Wallet's API. @param apiUrl up to its version, without a last slash. */
export function openGoogleApi(apiUrl: string, wallet: GoogleWallet, clock: Clock): GoogleApi {
  let access: { token: string; until: number } | undefined;
  const signal = () => AbortSignal.timeout(limits.providerAnswerSecondsMax * 1_000);

  async function authorise(): Promise<string> {
    const now = clock.now();
    if (access && access.until > now.getTime()) return access.token;
    const assertion = await new SignJWT({ scope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(wallet.email)
      .setAudience(wallet.tokenUrl)
      .setIssuedAt(now)
      .setExpirationTime(new Date(now.getTime() + tokenSeconds * 1_000))
      .sign(await importPKCS8(wallet.privateKey, 'RS256'));
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
    const answer = await fetch(wallet.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams(grant),
      redirect: 'error',
      signal: signal(),
    });
    if (!answer.ok) throw new Error(`Google gave no access: ${answer.status}`);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    // A minute before it ends, so that it does not end on its way.
    access = { token, until: now.getTime() + (tokenSeconds - 60) * 1_000 };
    return token;
  }

  return {
    async patch(kind, id, body) {
      try {
        const answer = await fetch(`${apiUrl}/${kind}/${encodeURIComponent(id)}`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${await authorise()}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          redirect: 'error',
          signal: signal(),
        });
        await answer.body?.cancel();
        if (answer.ok) return { outcome: 'done' };
        if (answer.status === 404) return { outcome: 'gone' };
        if (answer.status === 401) access = undefined;
        return { outcome: 'failed', reason: `Google answered ${answer.status}` };
      } catch (error) {
        return { outcome: 'failed', reason: `Google was not reached: ${(error as Error).message}` };
      }
    },
  };
}
