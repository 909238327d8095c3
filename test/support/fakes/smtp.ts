import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { code } from '../mail-server.ts';
import { Script } from './http-fake.ts';

export type SmtpMode =
  | 'accept'
  /** Accepts after so long. */
  | { slowMilliseconds: number }
  /** 451 at the recipient: come back later. */
  | 'greylist'
  /** 550 at the recipient: no such mailbox. */
  | 'refuse'
  /** 552 after the whole mail. */
  | 'refuse_data'
  /** Keeps the mail, answers 250 and cuts the connection. */
  | 'drop_after_250'
  /** Keeps the mail and cuts the connection before its 250 is sent. */
  | 'lose_250';

/** A mail that was kept: what truly arrived. */
export type KeptMail = { to: string[]; raw: Buffer; parsed: ParsedMail };

export type SmtpFake = Awaited<ReturnType<typeof startSmtpFake>>;

function cut(server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of server.connections as Set<{
    session: SMTPServerSession;
    _socket: { destroy(): void };
  }>) {
    if (connection.session.id === session.id) connection._socket.destroy();
  }
}

/** A mail server with the faults of real ones. */
export async function startSmtpFake(listenPort = 0) {
  const script = new Script<SmtpMode>('accept');
  const kept: KeptMail[] = [];
  const log: string[] = [];
  const modes = new Map<string, SmtpMode>();

  async function finish(raw: Buffer, session: SMTPServerSession, answer: (error?: Error | null) => void) {
    const mode = modes.get(session.id) ?? 'accept';
    if (mode === 'refuse_data') return answer(code(552, 'the mail is too large for this mailbox'));
    if (typeof mode === 'object') await wait(mode.slowMilliseconds);
    const to = session.envelope.rcptTo.map((recipient) => recipient.address);
    kept.push({ to, raw, parsed: await simpleParser(raw) });
    if (mode === 'lose_250') return cut(server, session);
    answer();
    if (mode === 'drop_after_250') setImmediate(() => cut(server, session));
  }

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, session, callback) {
      const mode = script.take();
      modes.set(session.id, mode);
      log.push(`RCPT ${address}`);
      if (mode === 'greylist') callback(code(451, 'greylisted, try again later'));
      else if (mode === 'refuse') callback(code(550, 'no such mailbox here'));
      else callback();
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => void finish(Buffer.concat(chunks), session, callback));
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(listenPort, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    kept,
    /** Every recipient that was asked for, in the order of asking. */
    log,
    next: (...next: SmtpMode[]) => script.next(...next),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
