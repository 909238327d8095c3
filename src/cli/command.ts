import type { ParseArgsOptionsConfig } from 'node:util';
import type { Clock } from '../base/ids.ts';
import type { Config } from '../config.ts';

/** An option of a command, as `--help` shows it. */
export type CommandOption = ParseArgsOptionsConfig[string] & {
  /** What it does, in a few words. */
  summary: string;
  /** What stands for its value in the help: `FILE`, `N`. */
  value?: string;
};

/** What a command may touch. */
export type CommandContext = {
  config: Config;
  clock: Clock;
  /** Write a line to standard output, to standard error. */
  out(line: string): void;
  err(line: string): void;
  /** Aborted when the person presses Ctrl-C or the process is told to end. */
  signal: AbortSignal;
};

/** The arguments of a command after its options were checked. */
export type CommandArguments = {
  options: Record<string, string | boolean | string[] | undefined>;
  positionals: string[];
};

/** One `taquilla` command. `--help` is every command's own and is answered before `run`. */
export type Command = {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What follows `taquilla NAME` in the help, without the options: `FILE` or nothing. */
  usage: string;
  options: Record<string, CommandOption>;
  /** How many positional arguments it takes. */
  positionals: { min: number; max: number };
  /** @returns the exit code. A `CommandError` is shown as one sentence with exit code 1. */
  run(args: CommandArguments, context: CommandContext): Promise<number>;
};

/** What went wrong, in one sentence for the person at the terminal. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
