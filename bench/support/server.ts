import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo } from 'node:net';
import { writeFunctions, type Stretch } from './functions.ts';
import { nodeFlags } from '../../tools/node-flags.mjs';
import { memoryOf, startChild } from './process.ts';

const readySeconds = 60;
const pollMilliseconds = 50;
// Workers listen on none, but their mails' links name it: the same for all, so that a mail that is sent again is the same.
const workerPort = 3000;

/** The parts of Taquilla that a process runs: `serve`, `serve --api-only` or `work`. */
export type Role = 'all' | 'api' | 'work';

/** A running process of Taquilla. */
export type Server = {
  port: number;
  pid: number;
  memory(): { now: number; peak: number };
  /** Rejects when it ends without being told to. */
  died: Promise<never>;
  /** What it measured of its own, by name and labels as Prometheus writes them. */
  metrics(): Promise<Map<string, number>>;
  /** Says which stretch a profile is to tell of; without, nothing is written but the raw profile. */
  profile(stretch: Stretch): void;
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
};

type Options = {
  databaseUrl: string;
  /** Where mails go. */
  smtpPort: number;
  folder: string;
  name: string;
  role?: Role;
  /** Writes a processor profile there when it ends. */
  profileDir?: string | undefined;
  /** Settings beside the ones that every server here has. */
  env?: Record<string, string>;
  /** Where its API listens; a free port when absent. */
  port?: number;
  /** A module that is loaded before it. */
  preload?: string;
};

const argumentsOf: Record<Role, string[]> = {
  all: ['serve', '--no-seed'],
  api: ['serve', '--no-seed', '--api-only'],
  work: ['work'],
};

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function parseMetrics(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    if (at > 0 && !line.startsWith('#')) values.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return values;
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false;
  }
}

/** Starts the real thing, as `npm start` does, and waits until it is ready. */
export async function startServer(options: Options): Promise<Server> {
  const { role = 'all', folder, name, preload } = options;
  const port = role === 'work' ? workerPort : (options.port ?? (await freePort()));
  const profiles = options.profileDir && path.join(options.profileDir, name);
  const child = startChild('src/main.ts', argumentsOf[role], {
    logFile: path.join(folder, `${name}.log`),
    nodeFlags: [
      ...nodeFlags,
      ...(preload ? ['--import', preload] : []),
      ...(profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []),
    ],
    env: {
      DATABASE_URL: options.databaseUrl,
      SMTP_URL: `smtp://127.0.0.1:${options.smtpPort}`,
      PORT: String(port),
      TAQUILLA_DATA_DIR: path.join(folder, 'data'),
      DRAIN_SECONDS: '5',
      // So that the backlog of steps that a run leaves keeps nobody waiting.
      NODE_ENV: 'production',
      ...options.env,
    },
  });
  const waitUntilReady = async () => {
    for (let waited = 0; waited < readySeconds * 1000; waited += pollMilliseconds) {
      if (role === 'work' || (await isReady(port))) return;
      await sleep(pollMilliseconds);
    }
    throw new Error(`${name} was not ready within ${readySeconds} s`);
  };
  try {
    await Promise.race([waitUntilReady(), child.died]);
  } catch (error) {
    await child.stop();
    throw error;
  }
  let measured: Stretch | undefined;
  return {
    port,
    pid: child.pid,
    profile: (stretch) => void (measured = stretch),
    memory: () => memoryOf(child.pid),
    died: child.died,
    metrics: async () => parseMetrics(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    async stop() {
      await child.stop();
      if (profiles && measured) writeFunctions(profiles, measured);
    },
    kill: () => child.kill(),
  };
}
