import { existsSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from './base/ids.ts';
import { armFailpoints } from './cli/arm-failpoints.ts';
import { commands } from './cli/commands.ts';
import { runCli } from './cli/run.ts';
import { readConfig } from './config.ts';

const lingerMilliseconds = 5_000;

const root = path.join(import.meta.dirname, '..');

/** Aborts when this process is told to end. A second Ctrl-C ends it at once; a second SIGTERM is the same order again. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
  // Under `npm start` this process is a child; when its parent is killed, it ends too.
  process.once('disconnect', () => stop.abort());
  process.channel?.unref();
  return stop.signal;
}

const env = path.join(root, '.env');
if (existsSync(env)) process.loadEnvFile(env);

const output = {
  out: (line: string) => void process.stdout.write(`${line}\n`),
  err: (line: string) => void process.stderr.write(`${line}\n`),
};

process.exitCode = await runCli(process.argv.slice(2), commands, output, () => {
  const config = readConfig(process.env);
  armFailpoints(config.failOrders);
  return {
    ...output,
    config: { ...config, dataDir: path.resolve(root, config.dataDir) },
    clock: systemClock,
    signal: stopSignal(),
  };
});

// A start that failed may leave something open; the process ends all the same, so that another is started in its place.
if (process.exitCode !== 0) setTimeout(() => process.exit(), lingerMilliseconds).unref();
