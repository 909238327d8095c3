import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatTable } from './result.ts';

const shown = 40;
const root = path.join(import.meta.dirname, '../..');

type CallFrame = { functionName: string; url: string; lineNumber: number };
type CpuProfile = {
  nodes: { id: number; callFrame: CallFrame }[];
  startTime: number;
  samples: number[];
  timeDeltas: number[];
};

/** A stretch of time by the clock that all processes of a machine share, in microseconds. */
export type Stretch = { from: number; to: number };

/** That clock: what `process.hrtime` and V8's profiler read. */
export function sharedClock(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const file = path.relative(root, url.replace('file://', '')).replace(/^node_modules\//, '');
  const place = url === '' ? '' : ` ${url.startsWith('node:') ? url : file}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${place}`;
}

/** Functions by the time in which they themselves ran. */
function selfTimes(
  { nodes, startTime, samples, timeDeltas }: CpuProfile,
  stretch: Stretch,
): Map<string, number> {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const times = new Map<string, number>();
  let at = startTime;
  for (const [i, id] of samples.entries()) {
    at += timeDeltas[i] ?? 0;
    if (at < stretch.from || at > stretch.to) continue;
    const name = names.get(id)!;
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  }
  return times;
}

function tableOf(profile: CpuProfile, stretch: Stretch): string {
  const times = selfTimes(profile, stretch);
  times.delete('(idle)');
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const rows = [...times].sort(([, a], [, b]) => b - a).slice(0, shown);
  return formatTable(
    rows.map(([name, time]) => ({
      ms: Math.round(time / 1000),
      'share %': ((100 * time) / total).toFixed(1),
      function: name,
    })),
  );
}

/** Writes, beside the processor profiles of a server's threads, the functions that took the most time in a stretch. */
export function writeFunctions(folder: string, stretch: Stretch): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as CpuProfile;
    writeFileSync(
      path.join(folder, name.replace('.cpuprofile', '.functions.txt')),
      `${tableOf(profile, stretch)}\n`,
    );
  }
}
