import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export type ReceivedMail = {
  /** The envelope's sender. */
  from: string;
  to: string[];
  raw: Buffer;
  parsed: ParsedMail;
};

export type MailServer = {
  url: string;
  /** What truly reached it, in the order of its acceptance. */
  received: ReceivedMail[];
  stop(): Promise<void>;
};

type Options = {
  /** Throws to refuse a recipient; `code(550, 'unknown')` makes the error. */
  onRecipient?: (address: string) => void;
  /** Called once a mail is complete, before it is accepted. */
  onMail?: (mail: ReceivedMail) => Promise<void>;
  port?: number;
};

/** An SMTP refusal with its code. */
export function code(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** Starts a mail server that speaks SMTP on a free port of this machine. */
export async function startMailServer({ onRecipient, onMail, port = 0 }: Options = {}): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  /** Answers null once the mail is kept, or with why it is not. */
  async function accept(from: string, to: string[], raw: Buffer): Promise<Error | null> {
    try {
      const mail = { from, to, raw, parsed: await simpleParser(raw) };
      await onMail?.(mail);
      received.push(mail);
      return null;
    } catch (error) {
      return error as Error;
    }
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, _session, callback) {
      try {
        onRecipient?.(address);
        callback();
      } catch (error) {
        callback(error as Error);
      }
    },
    onData(stream, session, answer) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map((recipient) => recipient.address);
        const { mailFrom } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        void accept(from, to, Buffer.concat(chunks)).then(answer);
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    received,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
