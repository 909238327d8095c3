import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const tmpfsMagic = 0x01021994;
const flushes = 100;

/** What a run was made on, as the result shows it. */
export type Machine = {
  cpu: string;
  cores: number;
  memory_gb: number;
  system: string;
  node: string;
  /** Of the last minute, before the run: what else the machine was doing. */
  load_average: number;
  /** Median time in which the disk takes 8 kB for good. */
  flush_ms: number;
};

function measureFlush(folder: string): number {
  const file = path.join(folder, 'flush');
  const page = Buffer.alloc(8192, 1);
  const descriptor = openSync(file, 'w');
  const times: number[] = [];
  for (let i = 0; i < flushes; i++) {
    const started = performance.now();
    writeSync(descriptor, page, 0, page.length, (i % 16) * page.length);
    fdatasyncSync(descriptor);
    times.push(performance.now() - started);
  }
  closeSync(descriptor);
  rmSync(file);
  return times.sort((a, b) => a - b)[flushes >> 1]!;
}

/**
 * Describes this machine.
 * @param folder where the database is: its disk is measured.
 * @throws when that folder is in memory, where a durable commit costs nothing.
 */
export function describeMachine(folder: string): Machine {
  if (process.platform === 'linux' && statfsSync(folder).type === tmpfsMagic) {
    throw new Error(
      `${folder} is in memory; set TMPDIR to a folder on a disk, or nothing measured here counts`,
    );
  }
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory_gb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    load_average: Math.round(os.loadavg()[0]! * 100) / 100,
    flush_ms: Math.round(measureFlush(folder) * 100) / 100,
  };
}
