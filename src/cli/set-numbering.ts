import { systemIds } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { createPool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import { setNumbering, type Numbering } from '../fiscal/fiscal-series.store.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { commandActor } from '../identity/principal.ts';
import { CommandError, type Command, type CommandArguments } from './command.ts';
import { migrateDatabase } from './migrate.ts';
import { openDatabase } from './open-database.ts';

type Asked = {
  tenantId: number;
  seriesId: number;
  numbering: Numbering['numbering'];
  blockSize?: number;
};

function readNumber(options: CommandArguments['options'], name: string, max: number): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text === 'string' && /^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new CommandError(`--${name} takes a whole number from 1 to ${max}, not "${String(text)}".`);
}

function read({ options, positionals }: CommandArguments): Asked {
  const [numbering] = positionals;
  if (numbering !== 'strict' && numbering !== 'preallocated') {
    throw new CommandError(`a series is strict or preallocated, not "${numbering}".`);
  }
  const tenantId = readNumber(options, 'seller', 2_147_483_647);
  if (tenantId === undefined) throw new CommandError('--seller takes the number of a seller.');
  const blockSize = readNumber(options, 'block-size', limits.fiscalBlockNumbersMax);
  const seriesId = readNumber(options, 'series', 32_767) ?? 1;
  return { tenantId, seriesId, numbering, ...(blockSize === undefined ? {} : { blockSize }) };
}

async function change(tx: Tx, asked: Asked, now: Date): Promise<void> {
  const { tenantId, seriesId, numbering, blockSize } = asked;
  const result = await setNumbering(tx, asked, asked);
  if (result.outcome === 'not_found') throw new CommandError(`seller ${tenantId} has no series ${seriesId}.`);
  const { before, outcome } = result;
  if (outcome === 'leased_already') {
    throw new CommandError('the series has given out blocks, so it stays preallocated.');
  }
  await recordChange(tx, systemIds, {
    tenantId,
    at: now,
    actor: commandActor('set-numbering'),
    verb: 'change',
    object: { kind: 'fiscal_series', id: String(seriesId) },
    before: { numbering: before.numbering, block_size: before.blockSize },
    after: { numbering, block_size: blockSize ?? before.blockSize },
  });
}

/** `taquilla set-numbering`: whether a series gives its numbers one by one or in blocks. */
export const setNumberingCommand: Command = {
  name: 'set-numbering',
  summary: 'Give the numbers of a fiscal series one by one (strict) or in blocks (preallocated)',
  usage: 'strict|preallocated',
  options: {
    seller: { type: 'string', value: 'N', summary: 'The seller' },
    series: { type: 'string', value: 'N', summary: 'The series; 1 unless given' },
    'block-size': { type: 'string', value: 'N', summary: 'How many numbers a process leases at a time' },
  },
  positionals: { min: 1, max: 1 },
  async run(args, context) {
    const asked = read(args);
    const database = await openDatabase(context, context.err);
    const pool = createPool({ url: database.url, size: 1, name: 'taquilla set-numbering' });
    try {
      await migrateDatabase(database.url, context.err);
      await transact(pool, (tx) => change(tx, asked, context.clock.now()));
      context.out(`Series ${asked.seriesId} of seller ${asked.tenantId} is ${asked.numbering}.`);
      return 0;
    } finally {
      await pool.end();
      await database.close();
    }
  },
};
