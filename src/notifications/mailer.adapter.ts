import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import nodemailer, { type NodemailerError, type SendMailOptions } from 'nodemailer';
import parseAddresses from 'nodemailer/lib/addressparser';
import { limits } from '../base/limits.ts';
import type { Delivery, Mail, Mailer } from './message.ts';

/** How long mails wait for a server that cannot be reached, and who is told why when they begin to; `signal` ends it. */
type Patience = { secondsMax: number; signal: AbortSignal; onOutage(reason: string): void };

const probeMillisecondsMax = 5_000;
// After mails have waited in vain, those behind them are postponed at once for so long, and do not wait as long once more.
const restMilliseconds = 60_000;

/** A mail as the library takes it. The same mail has the same bytes, its boundaries included. */
function toMessage({ returnPath, ...mail }: Mail): SendMailOptions {
  return {
    ...mail,
    envelope: { from: returnPath ?? mail.from.address, to: [mail.to.address] },
    baseBoundary: createHash('sha256').update(mail.messageId).digest('hex').slice(0, 24),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** What a mail server's refusal or a broken connection means, in a sentence. */
function explain(error: NodemailerError): Delivery {
  const answer = error.response?.replaceAll(/\s+/g, ' ').trim();
  // A server that takes no connection or no log-in may take both later; it said nothing of this mail.
  const aboutMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE';
  if (aboutMail && (error.responseCode === undefined || error.responseCode >= 500)) {
    return { outcome: 'refused', reason: `The mail server refused the mail: ${answer ?? error.message}` };
  }
  if (answer) return { outcome: 'postponed', reason: `The mail server asks to try later: ${answer}` };
  return { outcome: 'postponed', reason: `The mail server cannot be reached: ${error.message}` };
}

/** The plain address in a setting such as `Taquilla <tickets@example.com>`. */
export function readSenderAddress(setting: string): string {
  const [first] = parseAddresses(setting, { flatten: true });
  return first?.address || 'tickets@localhost';
}

/** Waits for a mail server that is away, once for all mails that meanwhile want to go. */
class Outage {
  readonly #probe: () => Promise<unknown>;
  readonly #patience: Patience;
  #back: Promise<boolean> | undefined;

  constructor(probe: () => Promise<unknown>, patience: Patience) {
    this.#probe = probe;
    this.#patience = patience;
  }

  /** Resolves when the server is there, as far as is known; false when it did not come back in time. */
  async over(): Promise<boolean> {
    return (await this.#back) ?? true;
  }

  /** Notes that the server cannot be reached; `over` then waits until it can. */
  begin(reason: string): void {
    this.#back ??= this.#waitUntilBack(reason).then((isBack) => {
      const forget = () => (this.#back = undefined);
      if (isBack) forget();
      else setTimeout(forget, restMilliseconds).unref();
      return isBack;
    });
  }

  async #waitUntilBack(reason: string): Promise<boolean> {
    const { secondsMax, signal, onOutage } = this.#patience;
    const until = performance.now() + secondsMax * 1_000;
    onOutage(reason);
    for (let pause = 250; performance.now() < until; pause = Math.min(pause * 2, probeMillisecondsMax)) {
      await sleep(pause, undefined, { signal }).catch(() => {});
      if (signal.aborted) return false;
      const isBack = await this.#probe().then(
        () => true,
        () => false,
      );
      if (isBack) return true;
    }
    return false;
  }
}

/**
 * Sends over SMTP, many mails a connection.
 * @param url like `smtps://user:password@host:465`.
 * @param patience how long a mail waits for a server that cannot be reached; without, it is postponed at once. Mails that
 * wait keep their turn: were they tried again one by one, each after its own delay, later ones would overtake them.
 */
export function createSmtpMailer(url: string, patience?: Patience): Mailer {
  const transport = nodemailer.createTransport({
    url,
    pool: true,
    maxConnections: limits.mailConnectionsMax,
    maxMessages: 100,
    // A mail that was cut off is tried again by its step, which counts and explains.
    maxRequeues: 0,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    dnsTimeout: 10_000,
    socketTimeout: limits.mailSendSecondsMax * 1_000,
  });
  const outage = patience && new Outage(() => transport.verify(), patience);
  const attempt = async (mail: Mail): Promise<Delivery & { away?: boolean }> => {
    try {
      const info = await transport.sendMail(toMessage(mail));
      return { outcome: 'accepted', detail: `The mail server accepted it: ${info.response}` };
    } catch (error) {
      const { command } = error as NodemailerError;
      return { ...explain(error as NodemailerError), away: command === 'CONN' };
    }
  };
  return {
    async deliver(mail) {
      if (outage && !(await outage.over())) {
        const reason = 'The mail server is away, so nothing is sent to it for now.';
        return { outcome: 'postponed', reason, untried: true };
      }
      const { away = false, ...delivery } = await attempt(mail);
      if (!outage || !away || delivery.outcome === 'accepted') return delivery;
      outage.begin(delivery.reason);
      if (!(await outage.over())) return delivery;
      // Once: a mail that breaks each connection must not try for ever.
      const { away: _, ...again } = await attempt(mail);
      return again;
    },
    close: () => transport.close(),
  };
}

/** Keeps mails instead of sending them, for the page at /outbox. */
export function createOutboxMailer(): Mailer {
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async deliver(mail) {
      const { message } = await transport.sendMail(toMessage(mail));
      const detail = 'Kept in the outbox, since no mail server is configured.';
      return { outcome: 'accepted', detail, raw: message as Buffer };
    },
    close: () => {},
  };
}
