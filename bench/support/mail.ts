import path from 'node:path';
import { startChild } from './process.ts';
import { freePort } from './server.ts';

/** A mail that a mail server has said 250 to; `at` is of the clock that all processes share, in microseconds. */
export type TakenMail = { messageId: string; to: string; digest: string; pdfDigest: string; at: number };

/** What the mail server's process is asked for or told. */
export type MailOrder = { id: number; order: 'count' | 'log' | 'down' | 'up' };

/** A mail server that takes everything while it is there. */
export type MailServer = {
  port: number;
  /** How many mails it has taken. */
  taken(): Promise<number>;
  /** What it has taken, in that order. */
  log(): Promise<TakenMail[]>;
  /** Cuts every connection and takes no more until it is up again. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts one whose answer to a mail takes so long. */
export async function startMailServer(folder: string, delayMilliseconds = 0): Promise<MailServer> {
  const port = await freePort();
  const logFile = path.join(folder, 'mail.log');
  const child = startChild('bench/mail-server.ts', [String(port), String(delayMilliseconds)], {
    env: {},
    logFile,
  });
  await Promise.race([new Promise((resolve) => child.process.once('message', resolve)), child.died]);
  const waiting = new Map<number, (value: unknown) => void>();
  child.process.on('message', ({ id, value }: { id: number; value: unknown }) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  let orders = 0;
  const ask = (order: MailOrder['order']) => {
    const id = ++orders;
    const answer = new Promise<unknown>((resolve) => waiting.set(id, resolve));
    child.process.send({ id, order } satisfies MailOrder);
    return answer;
  };
  return {
    port,
    taken: async () => Number(await ask('count')),
    log: async () => (await ask('log')) as TakenMail[],
    down: async () => void (await ask('down')),
    up: async () => void (await ask('up')),
    stop: () => child.stop(),
  };
}

/** The sale whose tickets a mail brings: its Message-ID names it. */
export function saleOfMail({ messageId }: Pick<TakenMail, 'messageId'>): string {
  return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(messageId)?.[0] ?? messageId;
}
