import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import {
  claimDeliveries,
  endDelivery,
  recordAttempt,
  switchOffEndpoint,
  type ClaimedDelivery,
  type DeliveryEnd,
} from './webhook-delivery.store.ts';
import { retryAfter } from './webhook-schedule.ts';
import type { WebhookAnswer, WebhookSender } from './webhook-sender.adapter.ts';
import { signWebhook } from './webhook-signature.ts';

type Deps = {
  pool: Pool;
  sender: WebhookSender;
  clock: Clock;
  /** From 0 to 1: spreads retries. */
  random(): number;
};

/** What is wrong with an answer, in a sentence; null for one that says that the event has arrived. */
function faultOf({ status, reason }: WebhookAnswer): string | null {
  if (status === null) return reason ?? 'There was no answer.';
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `The receiver redirects (HTTP ${status}), which is not followed.`;
  if (status === 410) return 'The receiver is gone for good (HTTP 410).';
  return `The receiver refused the event (HTTP ${status}).`;
}

function endOf(delivery: ClaimedDelivery, answer: WebhookAnswer, at: Date, random: number): DeliveryEnd {
  if (faultOf(answer) === null) return { state: 'delivered', at };
  const seconds = retryAfter(delivery.attemptOfRound, random, answer.retryAfterSeconds);
  if (seconds === null) return { state: 'failed', at };
  return { state: 'pending', nextAttemptAt: new Date(at.getTime() + seconds * 1_000) };
}

async function deliver({ pool, sender, clock, random }: Deps, delivery: ClaimedDelivery): Promise<void> {
  const startedAt = clock.now();
  const started = performance.now();
  const { url, payload, eventId, secrets } = delivery;
  const headers = signWebhook(eventId, startedAt, payload, secrets);
  const answer = await sender.send({ url, headers, payload });
  const durationMilliseconds = Math.round(performance.now() - started);
  await transact(pool, async (tx) => {
    const { status, body } = answer;
    const reason = faultOf(answer);
    // First the endpoint, then its deliveries: in the other order two answers of 410 would wait for each other.
    if (status === 410) await switchOffEndpoint(tx, delivery, 'The receiver answered 410 Gone.');
    await recordAttempt(tx, { ...delivery, startedAt, durationMilliseconds, status, reason, answer: body });
    await endDelivery(tx, delivery, endOf(delivery, answer, clock.now(), random()));
  });
}

/**
 * Makes one attempt at each of the deliveries that are due, at most `batchMax`, all at once. A process that dies on the
 * way has made attempts that nobody knows of: they are made again after the lease.
 * @returns how many attempts were made; 0 when nothing is due.
 */
export async function deliverWebhooks(deps: Deps, batchMax: number): Promise<number> {
  const claimed = await transact(deps.pool, (tx) =>
    claimDeliveries(tx, deps.clock.now(), {
      rows: batchMax,
      rowsOfEndpoint: limits.webhookAttemptsOfEndpointMax,
      leaseSeconds: limits.webhookLeaseSeconds,
    }),
  );
  await Promise.all(claimed.map((delivery) => deliver(deps, delivery)));
  return claimed.length;
}
