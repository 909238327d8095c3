import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/ids.ts';
import { failpoints } from '../base/failpoint.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import {
  claimDeliveries,
  endDelivery,
  forgetWebhookEvents,
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
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

const gatherSeconds = 0.05;

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
  if (failpoints) await failpoints.reach('delivered webhook');
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
 * Sends webhooks. An endpoint whose attempts are under way gets no others until they have ended, and everybody else's go
 * on meanwhile, so that a receiver which hangs keeps only itself waiting.
 */
export class WebhookCourier {
  readonly #deps: Deps;
  readonly #underWay = new Map<string, Set<Promise<void>>>();
  #attempts = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Begins an attempt at each of the deliveries that are due, as far as there is room. A process that dies on the way has
   * made attempts that nobody knows of: they are made again after the lease.
   * @returns how many attempts were begun.
   */
  async begin(): Promise<number> {
    const { pool, clock } = this.#deps;
    const rows = limits.webhookAttemptsAtOnceMax - this.#attempts;
    if (rows <= 0) return 0;
    const claimed = await transact(pool, (tx) =>
      claimDeliveries(tx, clock.now(), {
        rows,
        rowsOfEndpoint: limits.webhookAttemptsOfEndpointMax,
        leaseSeconds: limits.webhookLeaseSeconds,
        busy: [...this.#underWay.keys()],
      }),
    );
    for (const delivery of claimed) this.#attempt(delivery);
    return claimed.length;
  }

  /** Resolves when one of the attempts that are under way has ended; never when there is none. */
  async oneEnded(): Promise<void> {
    await Promise.race([...this.#underWay.values()].flatMap((some) => [...some]));
  }

  /** Waits for every attempt that is under way. */
  async ended(): Promise<void> {
    await Promise.all([...this.#underWay.values()].flatMap((some) => [...some]));
  }

  #attempt(delivery: ClaimedDelivery): void {
    const { endpointId, tenantId, eventId } = delivery;
    const of = this.#underWay.get(endpointId) ?? new Set();
    this.#underWay.set(endpointId, of);
    this.#attempts += 1;
    const attempt = deliver(this.#deps, delivery)
      .catch((err: unknown) => {
        const about = { tenant_id: tenantId, endpoint_id: endpointId, event_id: eventId };
        this.#deps.log.warn({ err, ...about }, 'a webhook was not marked; it is sent again after its lease');
      })
      .finally(() => {
        this.#attempts -= 1;
        of.delete(attempt);
        if (of.size === 0) this.#underWay.delete(endpointId);
      });
    of.add(attempt);
  }
}

/**
 * Sends webhooks and forgets old ones, again and again.
 * @param turn awaited before each round, so that what is more urgent goes first.
 * @returns what ends it. Attempts that hang are not waited for: what came of them stays unknown, as if the process had died.
 */
export function startWebhooks(deps: Deps & { turn(): Promise<void> }): () => Promise<void> {
  const courier = new WebhookCourier(deps);
  const ending = new AbortController();
  const { signal } = ending;
  const warn = (err: unknown) =>
    deps.log.warn({ err }, 'webhooks could not be looked after; it goes on by itself');
  const rest = (seconds: number) => sleep(seconds * 1_000, undefined, { signal }).catch(() => undefined);
  const send = async () => {
    while (!signal.aborted) {
      await deps.turn();
      const begun = await courier.begin().catch(warn);
      if (begun) {
        // As soon as an endpoint may get more, but not for every single attempt that ends.
        await Promise.race([courier.oneEnded(), rest(limits.webhookPollSeconds)]);
        await rest(gatherSeconds);
      } else await rest(limits.webhookPollSeconds);
    }
  };
  const forget = async () => {
    while (!signal.aborted) {
      await forgetOldEvents(deps).catch(warn);
      await rest(limits.webhookForgetSeconds);
    }
  };
  const running = Promise.all([send(), forget()]);
  return async () => {
    ending.abort();
    await running;
    await Promise.race([courier.ended(), sleep(limits.webhookStopSeconds * 1_000)]);
  };
}

/** Forgets what is older than the log keeps. */
async function forgetOldEvents({ pool, clock }: Deps): Promise<void> {
  const before = new Date(clock.now().getTime() - limits.webhookLogDays * 86_400_000);
  const rows = limits.webhookForgetRowsMax;
  let forgotten: number = rows;
  while (forgotten === rows) {
    forgotten = await transact(pool, (tx) => forgetWebhookEvents(tx, before, rows));
  }
}
