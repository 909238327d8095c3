import { migrate } from '../db/migrate.ts';
import { migrateQueue } from '../queue/queue.ts';
import type { Command } from './command.ts';
import { openDatabase } from './open-database.ts';

/** Brings the schema and the queue's tables to their newest form, telling what it did. */
export async function migrateDatabase(url: string, out: (line: string) => void): Promise<void> {
  for (const name of await migrate(url)) out(`migrated ${name}`);
  await migrateQueue(url);
}

/** `taquilla migrate`. */
export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Bring the database to the newest schema',
  usage: '',
  options: {},
  positionals: { min: 0, max: 0 },
  async run(_args, context) {
    const database = await openDatabase(context, context.out);
    try {
      await migrateDatabase(database.url, context.out);
      context.out('The schema is the newest.');
      return 0;
    } finally {
      await database.close();
    }
  },
};
