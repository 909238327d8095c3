import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const stopMilliseconds = 45_000;
const logTailCharacters = 2_000;

/** A process of ours: one Node program with a log file. */
export type Child = {
  pid: number;
  process: ChildProcess;
  /** Rejects with the end of its log when it ends before it was told to. */
  died: Promise<never>;
  /** Tells it to end and waits; one that does not end in time is killed. */
  stop(): Promise<void>;
  /** Ends it as a crash does, and waits. */
  kill(): Promise<void>;
};

/**
 * Starts a program under this Node. It ends with this process: its IPC channel tells it.
 * @param options.logFile gets what it prints.
 */
export function startChild(
  file: string,
  args: string[],
  options: { env: Record<string, string>; logFile: string; nodeFlags?: string[] },
): Child {
  const log = openSync(options.logFile, 'a');
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), file, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC', ...options.env },
    stdio: ['ignore', log, log, 'ipc'],
    serialization: 'advanced',
  });
  closeSync(log);
  let stopping = false;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (stopping) return;
      const said = readFileSync(options.logFile, 'utf8').slice(-logTailCharacters);
      reject(new Error(`${file} ${args.join(' ')} ended by itself (${signal ?? code}):\n${said}`));
    });
  });
  died.catch(() => {});
  return {
    pid: child.pid!,
    process: child,
    died,
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      stopping = true;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Resident memory of a process in MB: now, and the most it ever had. 0 where the system does not tell. */
export function memoryOf(pid: number): { now: number; peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const read = (name: string) =>
      Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
    return { now: read('VmRSS'), peak: read('VmHWM') };
  } catch {
    return { now: 0, peak: 0 };
  }
}
