import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from './command.ts';

/** A port to listen on, and the setting that says which. */
export type WantedPort = { host: string; port: number; setting: 'PORT' | 'METRICS_PORT' };

// An old process that still drains keeps the port for a moment.
const tries = { times: 20, milliseconds: 250 };

/** Listens for an instant: nothing else tells for sure whether a port can be had. */
function tryPort(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

/** What a failure to listen means, in a sentence. */
export function explainListen(error: NodeJS.ErrnoException, wanted: WantedPort): CommandError {
  const { host, port, setting } = wanted;
  switch (error.code) {
    case 'EADDRINUSE':
      return new CommandError(
        `port ${port} of ${host} is taken; end who has it, or set ${setting} to another.`,
      );
    case 'EACCES':
      return new CommandError(`this user may not listen on port ${port}; set ${setting} to one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CommandError(`HOST is ${host}, which is no address of this machine.`);
    default:
      return new CommandError(`the server cannot listen on ${host}:${port}: ${error.message}.`);
  }
}

/**
 * Waits a moment for the port to be free, before anything that takes long is begun.
 * @throws CommandError that says why it cannot be had.
 */
export async function awaitFreePort(wanted: WantedPort): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const error = await tryPort(wanted.host, wanted.port);
    if (!error) return;
    if (error.code !== 'EADDRINUSE' || attempt === tries.times) throw explainListen(error, wanted);
    await sleep(tries.milliseconds);
  }
}
