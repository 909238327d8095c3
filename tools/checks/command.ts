import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
/** The pinned Node, which runs this. */
export const node = process.execPath;

const interruption = new AbortController();
/** Aborted when the person wants the run to end; what has been started is stopped and cleaned up. */
export const interrupted = interruption.signal;
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(signal, () => interruption.abort());
// Waiting for the parent's end keeps no run alive.
process.channel?.unref();

type Options = Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>;

/** Runs a program with this terminal; whether it went well. */
export async function run(command: string, args: readonly string[], options: Options = {}): Promise<boolean> {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', signal: interrupted, ...options });
  try {
    const [code] = await once(child, 'exit');
    return code === 0;
  } catch (error) {
    console.log(`${command}: ${(error as Error).message}`);
    return false;
  }
}

/** Runs a program and gives what it printed on standard output; what it complained of is shown. */
export async function capture(
  command: string,
  args: readonly string[],
  options: Options = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: interrupted,
    ...options,
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString();
}
