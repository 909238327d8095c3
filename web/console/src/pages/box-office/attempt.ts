import { keep, kept } from '../../../../shared/src/kept.ts';
import { api, NetworkFailure, newIdempotencyKey, Refusal } from '../../api/client.ts';
import type { Confirmation, ConfirmRequest } from './contract.ts';

/** A sale that was sent and not answered yet, with all that is needed to ask for its outcome. */
export type Attempt = { key: string; body: ConfirmRequest; change: number; sentAt: string };

const path = '/sales/checkout/confirm';
const storageKey = (sellerId: number, pointId: number) =>
  `taquilla.box-office.attempt.${sellerId}.${pointId}`;
const askAgainMilliseconds = 2_000;

/** The attempt that this machine left open at a till, also across a reload or a crash of the browser. */
export function openAttempt(sellerId: number, pointId: number): Attempt | null {
  return kept<Attempt>(storageKey(sellerId, pointId), 'localStorage');
}

/** Notes a sale before it is sent, so that its outcome can be asked for whatever happens to this page. */
export function beginAttempt(sellerId: number, body: ConfirmRequest, change: number): Attempt {
  const attempt = { key: newIdempotencyKey(), body, change, sentAt: new Date().toISOString() };
  keep(storageKey(sellerId, body.point_id), attempt, 'localStorage');
  return attempt;
}

/** Neither an answer nor a refusal that decides: the sale may have been made. */
function isUndecided(error: unknown): boolean {
  if (error instanceof NetworkFailure) return true;
  if (!(error instanceof Refusal)) return false;
  return error.status >= 500 || error.status === 429 || error.status === 408 || error.status === 401;
}

/**
 * Sends a sale, and the same again under the same key until the server says what became of it: however often it is
 * sent, it is made once.
 * @param onUnknown is told each time that no answer came.
 * @throws what the server refused it with: nothing was sold then.
 */
export async function settleAttempt(
  sellerId: number,
  { key, body }: Attempt,
  onUnknown: (error: unknown) => void,
  signal: AbortSignal,
): Promise<Confirmation> {
  const forget = () => keep(storageKey(sellerId, body.point_id), null, 'localStorage');
  for (;;) {
    try {
      const confirmation = await api.post<Confirmation>(path, body, { idempotencyKey: key });
      forget();
      return confirmation;
    } catch (error) {
      if (!isUndecided(error)) {
        forget();
        throw error;
      }
      onUnknown(error);
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          removeEventListener('online', wake);
          resolve();
        };
        const timer = setTimeout(wake, askAgainMilliseconds);
        addEventListener('online', wake);
      });
      signal.throwIfAborted();
    }
  }
}
