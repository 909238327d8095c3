import { systemClock } from '../../src/base/ids.ts';
import type { Command } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import { readConfig } from '../../src/config.ts';

/** What a command ended with, and what it wrote. */
export type CommandRun = { code: number; out: string; err: string };

/** Runs one of these commands in this process as a person would, with these settings and no others. */
export async function runCommand(
  commands: readonly Command[],
  env: Record<string, string>,
  args: readonly string[],
): Promise<CommandRun> {
  const lines = { out: [] as string[], err: [] as string[] };
  const output = {
    out: (line: string) => void lines.out.push(line),
    err: (line: string) => void lines.err.push(line),
  };
  const code = await runCli([...args], commands, output, () => ({
    ...output,
    config: readConfig(env),
    clock: systemClock,
    signal: new AbortController().signal,
  }));
  return { code, out: lines.out.join('\n'), err: lines.err.join('\n') };
}
