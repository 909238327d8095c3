import { failpoints } from '../base/failpoint.ts';
import type { StepLog } from '../fulfilment/step-lanes.job.ts';
import { headerText } from './message.ts';
import type { MessageKey } from './message-reference.ts';
import type { MessageState } from './message-state.ts';
import type { MessageEnd } from './message.store.ts';
import type { MessageWay, OutgoingMessage, Sent } from './outgoing-message.ts';

/** A message that has been accepted, has failed for good, or came back. */
export type MessageNews = { key: MessageKey; state: MessageState };

/** An attempt that was made, or was not worth making. */
export type Attempt = {
  attemptNo: number;
  sent: Sent;
  /** What came of it, in words. */
  words: string;
  /** False when nothing was sent, since the provider is known to be away or busy. */
  tried: boolean;
};

type Deps = { log: StepLog; onMessage(news: MessageNews): void };

/** Makes attempts at messages, and tells of those that have ended. */
export class AttemptMaker {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Makes an attempt. It never throws: an error on our side postpones the message, and is logged. */
  async make(way: MessageWay, message: OutgoingMessage, attemptNo: number): Promise<Attempt> {
    const sent = await this.#deliver(way, message, attemptNo);
    const words = sent.outcome === 'accepted' ? sent.detail : sent.reason;
    return { attemptNo, sent, words, tried: !(sent.outcome === 'postponed' && sent.untried) };
  }

  async #deliver(way: MessageWay, message: OutgoingMessage, attemptNo: number): Promise<Sent> {
    try {
      const sent = await way.deliver(message, attemptNo);
      if (failpoints) await failpoints.reach(`delivered ${message.key.channel}`);
      return sent;
    } catch (error) {
      const { tenantId, transactionId, channel, kind } = message.key;
      const about = { tenant_id: tenantId, transaction_id: transactionId, channel, kind };
      this.#deps.log.error({ err: error, ...about }, 'a message could not be made');
      const reason = `An error on our side: ${headerText((error as Error).message)}`;
      return { outcome: 'postponed', reason };
    }
  }

  /** Tells of the messages that have ended, once that is committed; one that did not arrive is an alert. */
  tell(ends: readonly MessageNews[]): void {
    for (const { key, state } of ends) {
      if (state !== 'accepted' && state !== 'failed' && state !== 'bounced') continue;
      this.#deps.onMessage({ key, state });
      if (state === 'accepted') continue;
      const { tenantId, transactionId, channel, kind, occasionNo } = key;
      this.#deps.log.error(
        { tenant_id: tenantId, transaction_id: transactionId, channel, kind, occasion_no: occasionNo },
        state === 'failed' ? 'a message failed for good' : 'a message came back',
      );
    }
  }
}

/**
 * What a message becomes by an attempt.
 * @param overdue whether it has been tried for long enough.
 */
export function endOf(key: MessageKey, { attemptNo, sent, tried }: Attempt, overdue: boolean): MessageEnd {
  const attempt = { key, attemptNo: tried ? attemptNo : null, nextAttemptAt: null };
  if (sent.outcome === 'accepted') {
    const { raw = null, provider } = sent;
    return { ...attempt, state: 'accepted', lastError: null, raw, ...(provider && { provider }) };
  }
  const state = sent.outcome === 'refused' || overdue ? 'failed' : 'queued';
  return { ...attempt, state, lastError: sent.reason, raw: null };
}
