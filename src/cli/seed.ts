import { seedDemo } from '../catalog/seed-demo.ts';
import { createPool } from '../db/pool.ts';
import type { Command } from './command.ts';
import { migrateDatabase } from './migrate.ts';
import { openDatabase } from './open-database.ts';

/** `taquilla seed`. */
export const seedCommand: Command = {
  name: 'seed',
  summary: 'Fill an empty database with demo sellers and events',
  usage: '',
  options: {},
  positionals: { min: 0, max: 0 },
  async run(_args, context) {
    const database = await openDatabase(context, context.out);
    const pool = createPool({ url: database.url, size: 1, name: 'taquilla seed' });
    try {
      await migrateDatabase(database.url, context.out);
      if (!(await seedDemo(pool, context.out)))
        context.out('The database has a seller already, and stays as it is.');
      return 0;
    } finally {
      await pool.end();
      await database.close();
    }
  },
};
