import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Samples } from '../../bench/load/samples.ts';
import { drawPlot } from '../../bench/support/plot.ts';
import type { Buyers, Deal } from './buyers.ts';
import type { Done } from './faults.ts';
import type { Check } from './verdict.ts';

const rightSeconds = 2;

/** What came of a run. */
export type Report = {
  seed: number;
  seconds: number;
  faults: number;
  kills: number;
  orders: number;
  confirmed: number;
  refused: number;
  unknown: number;
  doubts: number;
  statuses: Record<string, number>;
  /** Of confirmations that were answered for good: the share that was within two seconds, retries included. */
  right_within_2_s: number;
  confirm_p50_ms: number;
  confirm_p99_ms: number;
  /** With the longest time, between this fault and the next, in which nobody was confirmed, where it stops writes. */
  done: (Pick<Done, 'kind' | 'detail' | 'kills'> & { at_seconds: number; writes_stopped_seconds?: number })[];
  checks: Check[];
  violations: number;
};

const round = (value: number, digits = 1) => Number(value.toFixed(digits));

function writesStopped(from: number, until: number, deals: readonly Deal[]): number {
  const ends = deals
    .filter((deal) => deal.outcome === 'confirmed' && deal.endedAt > from && deal.endedAt < until)
    .map((deal) => deal.endedAt)
    .toSorted((a, b) => a - b);
  const instants = [from, ...ends, until];
  return round(Math.max(...instants.slice(1).map((instant, i) => instant - instants[i]!)) / 1_000, 2);
}

/** Puts a report together. @param startedAt of the load, in the clock of the deals. */
export function makeReport(
  run: {
    seed: number;
    startedAt: number;
    endedAt: number;
    done: readonly Done[];
    checks: Check[];
    kills: number;
  },
  buyers: Buyers,
): Report {
  const { deals, exchanges } = buyers;
  const latency = new Samples();
  const final = deals.filter((deal) => deal.outcome !== 'unknown');
  for (const deal of final) latency.add(deal.endedAt - deal.startedAt);
  const right = final.filter((deal) => deal.endedAt - deal.startedAt <= rightSeconds * 1_000).length;
  const { p50, p99 } = latency.latency();
  const statuses: Record<string, number> = {};
  for (const { status } of exchanges) statuses[status] = (statuses[status] ?? 0) + 1;
  const count = (outcome: Deal['outcome']) => deals.filter((deal) => deal.outcome === outcome).length;
  return {
    seed: run.seed,
    seconds: round((run.endedAt - run.startedAt) / 1_000),
    faults: run.done.length,
    kills: run.kills,
    orders: deals.length,
    confirmed: count('confirmed') + count('waiting'),
    refused: count('refused'),
    unknown: count('unknown'),
    doubts: deals.reduce((sum, deal) => sum + deal.doubts, 0),
    statuses,
    right_within_2_s: round(right / Math.max(1, deals.length), 5),
    confirm_p50_ms: round(p50),
    confirm_p99_ms: round(p99),
    done: run.done.map(({ at, kind, detail, kills, stopsWrites }, i) => {
      const writes_stopped_seconds = writesStopped(at, run.done[i + 1]?.at ?? run.endedAt, deals);
      const at_seconds = round((at - run.startedAt) / 1_000);
      return { kind, detail, kills, at_seconds, ...(stopsWrites && { writes_stopped_seconds }) };
    }),
    checks: run.checks,
    violations: run.checks.reduce((sum, check) => sum + check.faults.length, 0),
  };
}

/** Throughput and latency over time, with the faults. */
function drawTimeline(report: Report, buyers: Buyers, startedAt: number): string {
  const ended = buyers.deals.filter((deal) => deal.outcome !== 'unknown');
  const seconds = Math.ceil(report.seconds);
  const bySecond = Map.groupBy(ended, (deal) => Math.floor((deal.endedAt - startedAt) / 1_000));
  const throughput: [number, number][] = [];
  const slowest: [number, number][] = [];
  for (let second = 0; second < seconds; second++) {
    const some = bySecond.get(second) ?? [];
    throughput.push([second, some.length]);
    if (some.length > 0)
      slowest.push([second, Math.max(...some.map((deal) => deal.endedAt - deal.startedAt)) / 1_000]);
  }
  const marks = report.done.map(({ at_seconds: x, kind }) => ({ x, label: kind }));
  const x = { label: 'seconds', min: 0, max: seconds };
  const subtitle = `seed ${report.seed}: ${report.kills} kills among ${report.faults} faults, ${report.orders} orders, ${report.violations} violations`;
  const panels = [
    drawPlot({
      title: 'Confirmations a second',
      subtitle,
      x,
      y: { label: 'answered a second', min: 0 },
      series: [{ name: 'confirmations answered', points: throughput, kind: 'curve' }],
      marks,
    }),
    drawPlot({
      title: 'The slowest confirmation of each second, retries included',
      subtitle,
      x,
      y: { label: 'seconds', min: 0 },
      series: [{ name: 'from the first attempt to the answer', points: slowest, kind: 'curve' }],
      marks,
    }),
  ];
  const placed = panels.map((svg, i) =>
    svg.replace('<svg ', `<svg y="${i * 480}" width="860" height="480" `),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 960">\n${placed.join('')}</svg>\n`;
}

/** Writes the report, the timeline and every deal. @returns the files. */
export function writeReport(folder: string, report: Report, buyers: Buyers, startedAt: number): string[] {
  mkdirSync(folder, { recursive: true });
  const files: [string, string][] = [
    ['report.json', `${JSON.stringify(report, null, 2)}\n`],
    ['timeline.svg', drawTimeline(report, buyers, startedAt)],
    ['deals.jsonl', buyers.deals.map((deal) => `${JSON.stringify(deal)}\n`).join('')],
  ];
  return files.map(([name, text]) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  });
}
