import { createHash } from 'node:crypto';
import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleType } from 'cockatiel';
import nodemailer, { type NodemailerError, type SendMailOptions } from 'nodemailer';
import parseAddresses from 'nodemailer/lib/addressparser';
import { limits } from '../base/limits.ts';
import type { Delivery, Mail, Mailer } from './message.ts';

/** A mail as the library takes it. The same mail has the same bytes, its boundaries included. */
function toMessage(mail: Mail): SendMailOptions {
  return {
    ...mail,
    envelope: { from: mail.from.address, to: [mail.to.address] },
    baseBoundary: createHash('sha256').update(mail.messageId).digest('hex').slice(0, 24),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** The mail server takes no connection: what says nothing of the mail, and opens the circuit. */
class Unreachable extends Error {}

const failuresMax = 5;
const openSeconds = 10;

/** What a mail server's refusal or a broken connection means, in a sentence. @throws Unreachable */
function explain(error: NodemailerError): Delivery {
  const answer = error.response?.replaceAll(/\s+/g, ' ').trim();
  // A server that takes no connection or no log-in may take both later; it said nothing of this mail.
  const aboutMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE';
  if (aboutMail && (error.responseCode === undefined || error.responseCode >= 500)) {
    return { outcome: 'refused', reason: `The mail server refused the mail: ${answer ?? error.message}` };
  }
  if (answer) return { outcome: 'postponed', reason: `The mail server asks to try later: ${answer}` };
  const reason = `The mail server cannot be reached: ${error.message}`;
  if (error.command === 'CONN') throw new Unreachable(reason);
  return { outcome: 'postponed', reason };
}

/** The plain address in a setting such as `Taquilla <tickets@example.com>`. */
export function readSenderAddress(setting: string): string {
  const [first] = parseAddresses(setting, { flatten: true });
  return first?.address || 'tickets@localhost';
}

/** Sends over SMTP, many mails a connection. `url` is like `smtps://user:password@host:465`. */
export function createSmtpMailer(url: string): Mailer {
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
  const circuit = circuitBreaker(handleType(Unreachable), {
    halfOpenAfter: openSeconds * 1_000,
    breaker: new ConsecutiveBreaker(failuresMax),
  });
  async function send(mail: Mail): Promise<Delivery> {
    try {
      const info = await transport.sendMail(toMessage(mail));
      return { outcome: 'accepted', detail: `The mail server accepted it: ${info.response}` };
    } catch (error) {
      return explain(error as NodemailerError);
    }
  }
  return {
    async deliver(mail) {
      try {
        return await circuit.execute(() => send(mail));
      } catch (error) {
        if (error instanceof Unreachable) return { outcome: 'postponed', reason: error.message };
        if (!(error instanceof BrokenCircuitError)) throw error;
        const reason = `The mail server could not be reached several times in a row, so nothing is sent to it for ${openSeconds} s.`;
        return { outcome: 'postponed', reason, untried: true };
      }
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
