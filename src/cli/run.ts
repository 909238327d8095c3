import { parseArgs } from 'node:util';
import { ConfigError } from '../config.ts';
import {
  CommandError,
  type Command,
  type CommandArguments,
  type CommandContext,
  type CommandOption,
} from './command.ts';

/** The arguments were not understood: exit code 2, as for other programs. */
class UsageError extends Error {}

const helpOption: CommandOption = { type: 'boolean', short: 'h', summary: 'Show this text' };

function table(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`);
}

function optionLabel(name: string, option: CommandOption): string {
  const value = option.type === 'string' ? ` ${option.value ?? 'TEXT'}` : '';
  return `${option.short ? `-${option.short}, ` : ''}--${name}${value}`;
}

function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, help: helpOption });
  const rows = options.map(([name, option]): [string, string] => [optionLabel(name, option), option.summary]);
  const usage = ['taquilla', command.name, command.usage, '[options]']
    .filter((part) => part !== '')
    .join(' ');
  return [command.summary, '', `Usage: ${usage}`, '', 'Options:', ...table(rows)].join('\n');
}

function generalHelp(commands: readonly Command[]): string {
  return [
    'Taquilla, the checkout of an event-ticket platform.',
    '',
    'Usage: taquilla COMMAND [options]',
    '',
    'Commands:',
    ...table(commands.map((command) => [command.name, command.summary])),
    '',
    '`taquilla COMMAND --help` tells more. Settings come from the environment; .env.example lists them.',
  ].join('\n');
}

function parse(command: Command, argv: string[]): CommandArguments {
  const options = { ...command.options, help: helpOption };
  const known = Object.keys(options)
    .map((name) => `--${name}`)
    .join(', ');
  let parsed;
  try {
    parsed = parseArgs({ args: argv, options, allowPositionals: true, strict: true });
  } catch (error) {
    const { message } = error as Error;
    const unknown = /^Unknown option '([^']+)'/.exec(message)?.[1];
    if (unknown)
      throw new UsageError(`taquilla ${command.name} has no option ${unknown}; it knows ${known}.`);
    throw new UsageError(`${message.split(/\.\s/, 1)[0]!.replace(/\.$/, '')}.`);
  }
  const { values, positionals } = parsed;
  const { min, max } = command.positionals;
  if (values['help'] !== true && (positionals.length < min || positionals.length > max)) {
    const given = positionals.length === 0 ? '' : `, not "${positionals.join(' ')}"`;
    const usage = command.usage === '' ? 'no arguments beside its options' : command.usage;
    throw new UsageError(`taquilla ${command.name} takes ${usage}${given}; --help tells more.`);
  }
  return { options: values as CommandArguments['options'], positionals };
}

function explain(error: unknown, context: Pick<CommandContext, 'err'>): number {
  if (error instanceof UsageError) {
    context.err(`taquilla: ${error.message}`);
    return 2;
  }
  if (error instanceof ConfigError) {
    context.err('taquilla: the environment cannot be used:');
    for (const fault of error.faults) context.err(`  ${fault}`);
    return 1;
  }
  if (error instanceof CommandError) context.err(`taquilla: ${error.message}`);
  else context.err(`taquilla: something unexpected went wrong: ${(error as Error)?.stack ?? String(error)}`);
  return 1;
}

/**
 * Runs `taquilla` with its arguments.
 * @param createContext is called once it is clear that a command will run; it may throw a ConfigError.
 * @returns the exit code: 0, 1 for a failure, 2 for arguments that were not understood.
 */
export async function runCli(
  argv: string[],
  commands: readonly Command[],
  output: Pick<CommandContext, 'out' | 'err'>,
  createContext: () => CommandContext,
): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    output.out(generalHelp(commands));
    return name === undefined ? 2 : 0;
  }
  try {
    const command = commands.find((one) => one.name === name);
    if (!command) {
      const known = commands.map((one) => one.name).join(', ');
      throw new UsageError(`there is no command "${name}"; known are ${known}.`);
    }
    const args = parse(command, rest);
    if (args.options['help'] === true) {
      output.out(commandHelp(command));
      return 0;
    }
    return await command.run(args, createContext());
  } catch (error) {
    return explain(error, output);
  }
}
