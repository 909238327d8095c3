import { createHash } from 'node:crypto';
import type { SmtpFake } from '../../test/support/fakes/smtp.ts';

const drainMilliseconds = 200;

/** A mail that reached the mail server, whatever became of its answer. */
export type LoggedMail = { messageId: string; to: string; digest: string };

/** What reached a mail server; the mails themselves are not kept. */
export type MailLog = { mails: LoggedMail[]; drain(): void; stop(): void };

/** Starts to write the log. */
export function createMailLog(smtp: SmtpFake): MailLog {
  const mails: LoggedMail[] = [];
  const drain = () => {
    for (const { to, raw, parsed } of smtp.kept.splice(0)) {
      const digest = createHash('sha256').update(raw).digest('hex');
      mails.push({ messageId: parsed.messageId ?? '', to: to[0] ?? '', digest });
    }
  };
  const timer = setInterval(drain, drainMilliseconds);
  return { mails, drain, stop: () => clearInterval(timer) };
}
