import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { limits } from '../base/limits.ts';
import type { ChannelDelivery } from './channel.ts';
import { TokenBucket, type Rate } from './token-bucket.ts';

/** An answer of a provider, whatever its status; `json` is null when the body is none. */
export type ProviderAnswer = { status: number; json: unknown; retryAfterSeconds: number | null };

export type GateOptions = {
  /** The provider's name in sentences: `Twilio`. */
  name: string;
  rate: Rate;
  /** How long an answer may take. */
  timeoutSeconds: number;
  /** After so many failures in a row nothing is sent for a while. */
  failuresMax: number;
  openSeconds: number;
};

/** What every provider has unless its options say otherwise. */
export const gateDefaults = {
  rate: { perSecond: 20, burst: 40 },
  timeoutSeconds: limits.providerAnswerSecondsMax,
  failuresMax: 5,
  openSeconds: 30,
};

/** The provider cannot be reached, or fails: what says nothing of the message, and opens the circuit. */
class ProviderFailure extends Error {}

const later = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1_000));

/** Retry-After is a number of seconds or an HTTP date (RFC 9110). */
function readRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds)
    ? Math.min(Math.max(1, Math.ceil(seconds)), limits.retryAfterSecondsMax)
    : null;
}

function describeFailure(error: unknown, options: GateOptions): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `did not answer within ${options.timeoutSeconds} s`;
  const detail = (cause as { code?: string } | undefined)?.code ?? message;
  return `cannot be reached (${detail})`;
}

/**
 * The one way to a provider: requests take turns at its rate, have a time-out, and stop for a while when it fails
 * again and again.
 */
export class ProviderGate {
  readonly #options: GateOptions;
  readonly #bucket: TokenBucket;
  readonly #circuit;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.rate, performance.now());
    this.#circuit = circuitBreaker(handleAll, {
      halfOpenAfter: options.openSeconds * 1_000,
      breaker: new ConsecutiveBreaker(options.failuresMax),
    });
  }

  async #fetch(url: string, init: RequestInit): Promise<ProviderAnswer> {
    const { timeoutSeconds, name } = this.#options;
    let answer: Response;
    let text: string;
    try {
      const signal = AbortSignal.timeout(timeoutSeconds * 1_000);
      answer = await fetch(url, { ...init, redirect: 'error', signal });
      text = await answer.text();
    } catch (error) {
      throw new ProviderFailure(`${name} ${describeFailure(error, this.#options)}.`);
    }
    if (answer.status >= 500)
      throw new ProviderFailure(`${name} has a fault of its own (HTTP ${answer.status}).`);
    let json: unknown = null;
    try {
      json = JSON.parse(text);
    } catch {
      // An answer that is no JSON says no more than its status.
    }
    return {
      status: answer.status,
      json,
      retryAfterSeconds: readRetryAfter(answer.headers.get('retry-after')),
    };
  }

  /**
   * Sends a request and reads its answer by `read`; a provider that is busy, away or broken is an outcome too.
   * `read` never sees a 429 or a 5xx.
   */
  async send(
    url: string,
    init: RequestInit,
    read: (answer: ProviderAnswer) => ChannelDelivery,
  ): Promise<ChannelDelivery> {
    const { name, openSeconds } = this.#options;
    const turn = this.#bucket.take(performance.now(), limits.providerTurnSecondsMax);
    if (!turn.granted) {
      const retryAfterSeconds = Math.ceil(turn.waitSeconds);
      const reason = `${name} takes no more messages right now.`;
      return { outcome: 'postponed', reason, retryAfterSeconds, untried: true };
    }
    if (turn.waitSeconds > 0) await later(turn.waitSeconds);
    try {
      const answer = await this.#circuit.execute(() => this.#fetch(url, init));
      if (answer.status !== 429) return read(answer);
      const retryAfterSeconds = answer.retryAfterSeconds ?? 1;
      this.#bucket.pause(performance.now(), retryAfterSeconds);
      return { outcome: 'postponed', reason: `${name} asks to send more slowly.`, retryAfterSeconds };
    } catch (error) {
      if (error instanceof ProviderFailure) return { outcome: 'postponed', reason: error.message };
      if (!(error instanceof BrokenCircuitError)) throw error;
      const reason = `${name} has failed several times in a row, so nothing is sent to it for ${openSeconds} s.`;
      return { outcome: 'postponed', reason, retryAfterSeconds: openSeconds, untried: true };
    }
  }
}
