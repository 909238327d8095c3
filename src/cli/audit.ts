import { runAudit } from '../audit/run-audit.ts';
import { createPool } from '../db/pool.ts';
import { reader } from '../db/transaction.ts';
import { summariseFiscal } from '../fiscal/fiscal-summary.store.ts';
import { CommandError, type Command } from './command.ts';
import { openDatabase } from './open-database.ts';

function readTenant(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const tenantId = Number(text);
  if (Number.isInteger(tenantId) && tenantId > 0) return tenantId;
  throw new CommandError(`--${option} takes the number of a seller, not "${text}".`);
}

/** `taquilla audit`: every invariant, by SQL over one snapshot; exits with 1 when one is violated. */
export const auditCommand: Command = {
  name: 'audit',
  summary: 'Check every invariant of docs/INVARIANTS.md over one snapshot',
  usage: '',
  options: {
    seller: { type: 'string', value: 'N', summary: 'Only this seller' },
    fiscal: {
      type: 'string',
      value: 'SELLER',
      summary: 'Only the numbers, hashes, blocks and Zs of this seller, with what they hold',
    },
  },
  positionals: { min: 0, max: 0 },
  async run({ options }, context) {
    const fiscal = readTenant(options['fiscal'] as string | undefined, 'fiscal');
    const tenantId = fiscal ?? readTenant(options['seller'] as string | undefined, 'seller');
    const database = await openDatabase(context, context.err);
    const pool = createPool({ url: database.url, size: 1, name: 'taquilla audit' });
    try {
      if (fiscal !== undefined) {
        for (const line of await summariseFiscal(reader(pool), fiscal)) context.out(line);
      }
      const { checked, violations } = await runAudit(pool, {
        ...(tenantId === undefined ? {} : { tenantId }),
        fiscalOnly: fiscal !== undefined,
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
