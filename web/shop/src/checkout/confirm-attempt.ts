import { api, NetworkFailure, Refusal } from '../api/client.ts';
import type { Confirmation, ConfirmRequest } from '../api/contract.ts';
import { drop, keep, kept } from '../../../shared/src/kept.ts';

/**
 * One try to confirm a hold, kept in the tab until its outcome is known. As long as it is not, the
 * same key goes with the same body, so that the server replays its answer rather than selling twice.
 */
export type Attempt = { key: string; body: ConfirmRequest };

const waitsMilliseconds = [800, 1_500, 3_000, 5_000, 8_000];

const storageKey = (holdToken: string): string => `taquilla.attempt.${holdToken}`;

/** The attempt of this hold whose outcome is not known yet. */
export function openAttempt(holdToken: string): Attempt | null {
  return kept<Attempt>(storageKey(holdToken));
}

/**
 * Confirms, and tries again while nobody knows whether the server acted.
 * @param onRetry told before each wait.
 * @throws Refusal the server's decision, which ends the attempt.
 * @throws NetworkFailure | Refusal a fault that outlasted the retries; the attempt stays open.
 */
export async function confirm(body: ConfirmRequest, onRetry: () => void): Promise<Confirmation> {
  const slot = storageKey(body.hold_token);
  const attempt = openAttempt(body.hold_token) ?? { key: randomKey(), body };
  keep(slot, attempt);
  for (let turn = 0; ; turn += 1) {
    try {
      const answer = await api.confirm(attempt.key, attempt.body);
      drop(slot);
      return answer;
    } catch (error) {
      if (!isPassing(error)) {
        drop(slot);
        throw error;
      }
      const wait = waitsMilliseconds[turn];
      if (wait === undefined) throw error;
      onRetry();
      await sleep(Math.max(wait, retryAfterMilliseconds(error)));
    }
  }
}

/** The outcome is unknown, or the server asks to come back: the same attempt may still succeed. */
export function isPassing(error: unknown): boolean {
  return error instanceof NetworkFailure || (error instanceof Refusal && error.isTransient);
}

function retryAfterMilliseconds(error: unknown): number {
  return error instanceof Refusal ? error.retryAfterSeconds * 1000 : 0;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Not `randomUUID`: browsers offer that only over https, and a box office may test over http. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
