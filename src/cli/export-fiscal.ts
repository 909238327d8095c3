import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { createPool, type Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import { csvLine } from '../fiscal/fiscal-export.ts';
import { exportFiscal } from '../fiscal/fiscal-export.store.ts';
import { CommandError, type Command } from './command.ts';
import { migrateDatabase } from './migrate.ts';
import { openDatabase } from './open-database.ts';

async function write(file: WriteStream, text: string): Promise<void> {
  if (!file.write(text)) await new Promise<void>((resolve) => void file.once('drain', () => resolve()));
}

/** Writes fiscal.jsonl, and a file of CSV for each kind of record. @returns how many records of each kind. */
async function exportTo(folder: string, pool: Pool, tenantId: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const files = new Map<string, WriteStream>();
  const open = (name: string) => {
    const file = createWriteStream(path.join(folder, name));
    files.set(name, file);
    return file;
  };
  const lines = open('fiscal.jsonl');
  await transact(pool, async (tx) => {
    await tx.query({ text: 'set transaction isolation level repeatable read, read only' });
    for await (const rows of exportFiscal(tx, tenantId)) {
      const { record, ...columns } = rows[0]!;
      const name = `${record}.csv`;
      const table = files.get(name) ?? open(name);
      if (!counts.has(record)) await write(table, csvLine(Object.keys(columns)));
      counts.set(record, (counts.get(record) ?? 0) + rows.length);
      await write(lines, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      await write(table, rows.map(({ record: _, ...row }) => csvLine(Object.values(row))).join(''));
    }
  });
  for (const file of files.values()) {
    file.end();
    await finished(file);
  }
  return counts;
}

/** `taquilla export-fiscal`: all numbers of a seller, in files that an accountant can check without us. */
export const exportFiscalCommand: Command = {
  name: 'export-fiscal',
  summary: 'Write all fiscal documents, blocks and Zs of a seller as JSON lines and CSV',
  usage: 'SELLER',
  options: { out: { type: 'string', value: 'FOLDER', summary: 'Where to; fiscal-SELLER unless given' } },
  positionals: { min: 1, max: 1 },
  async run({ options, positionals }, context) {
    const tenantId = Number(positionals[0]);
    if (!Number.isInteger(tenantId) || tenantId < 1 || tenantId > 2_147_483_647) {
      throw new CommandError(`a seller is a number, not "${positionals[0]}".`);
    }
    const folder = typeof options['out'] === 'string' ? options['out'] : `fiscal-${tenantId}`;
    const database = await openDatabase(context, context.err);
    const pool = createPool({ url: database.url, size: 1, name: 'taquilla export-fiscal' });
    try {
      await migrateDatabase(database.url, context.err);
      const { rowCount } = await pool.query('select from sellers where tenant_id = $1', [tenantId]);
      if (rowCount === 0) throw new CommandError(`there is no seller ${tenantId}.`);
      await mkdir(folder, { recursive: true });
      for (const [record, count] of await exportTo(folder, pool, tenantId))
        context.out(`${record}: ${count}`);
      context.out(
        `Written to ${folder}. Check it with tools/verify-fiscal-export.mjs ${folder}/fiscal.jsonl`,
      );
      return 0;
    } finally {
      await pool.end();
      await database.close();
    }
  },
};
