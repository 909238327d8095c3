import path from 'node:path';
import type { MailServer } from './mail.ts';
import type { BenchServer } from './postgres.ts';
import type { Progress } from './progress.ts';
import type { Audit, Findings } from './result.ts';

/** What the command line decides. */
export type BenchOptions = {
  /** Measured seconds of each load; absent, the scenario's own. */
  seconds: number | undefined;
  clients: number[] | undefined;
  /** How many sales `growth` starts from; absent, five million. */
  past: number | undefined;
  /** The database in which `growth` keeps its past sales; absent, it makes them for the run alone. */
  history: string | undefined;
  /** Processor profiles of the servers go there. */
  profileDir: string | undefined;
};

/** What a scenario works with. */
export type Bench = {
  options: BenchOptions;
  postgres: BenchServer;
  mail: MailServer;
  progress: Progress;
  /** Of the scenario: grows with each database that is checked. */
  audit: Audit;
  logFile(name: string): string;
};

/** What a scenario gives back: figures, and plots by the ends of their file names. */
export type Outcome = { findings: Findings; plots: Record<string, string> };

export type Scenario = { name: string; summary: string; run(bench: Bench): Promise<Outcome> };

/** Makes what a scenario works with. */
export function createBench(parts: Pick<Bench, 'options' | 'postgres' | 'mail' | 'progress'>): Bench {
  return {
    ...parts,
    audit: { checked: 0, violations: 0 },
    logFile: (name) => path.join(parts.postgres.folder, `${name}.log`),
  };
}
