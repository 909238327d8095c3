import { runAudit } from '../audit/run-audit.ts';
import { createPool } from '../db/pool.ts';
import { CommandError, type Command } from './command.ts';
import { openDatabase } from './open-database.ts';

function readTenant(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const tenantId = Number(text);
  if (Number.isInteger(tenantId) && tenantId > 0) return tenantId;
  throw new CommandError(`--seller takes the number of a seller, not "${text}".`);
}

/** `taquilla audit`: every invariant, by SQL over one snapshot; exits with 1 when one is violated. */
export const auditCommand: Command = {
  name: 'audit',
  summary: 'Check every invariant of docs/INVARIANTS.md over one snapshot',
  usage: '',
  options: { seller: { type: 'string', value: 'N', summary: 'Only this seller' } },
  positionals: { min: 0, max: 0 },
  async run({ options }, context) {
    const tenantId = readTenant(options['seller'] as string | undefined);
    const database = await openDatabase(context, context.err);
    const pool = createPool({ url: database.url, size: 1, name: 'taquilla audit' });
    try {
      const { checked, violations } = await runAudit(pool, {
        ...(tenantId === undefined ? {} : { tenantId }),
        onLine: context.out,
      });
      context.out(`${checked} invariants checked, ${violations} violations`);
      return violations === 0 ? 0 : 1;
    } finally {
      await pool.end();
      await database.close();
    }
  },
};
