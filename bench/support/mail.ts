import path from 'node:path';
import { startChild } from './process.ts';
import { freePort } from './server.ts';

/** A mail server that takes everything. */
export type MailServer = { port: number; taken(): Promise<number>; stop(): Promise<void> };

/** Starts one whose answer to a mail takes so long. */
export async function startMailServer(folder: string, delayMilliseconds = 0): Promise<MailServer> {
  const port = await freePort();
  const logFile = path.join(folder, 'mail.log');
  const child = startChild('bench/mail-server.ts', [String(port), String(delayMilliseconds)], {
    env: {},
    logFile,
  });
  const next = () => new Promise<unknown>((resolve) => child.process.once('message', resolve));
  await Promise.race([next(), child.died]);
  return {
    port,
    async taken() {
      const answer = next();
      child.process.send('count');
      return Number(await answer);
    },
    stop: () => child.stop(),
  };
}
