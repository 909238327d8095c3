import { systemIds } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { transact } from '../db/transaction.ts';
import { commandActor } from '../identity/principal.ts';
import { registerDevice } from '../identity/register-device.store.ts';
import { readSellerName } from '../identity/staff.store.ts';
import { CommandError, type Command } from './command.ts';
import { readSellerOption, withDatabase } from './one-sale.ts';

/** `taquilla add-scanner`: a scanner for the door, with the code that enrols it. */
export const addScannerCommand: Command = {
  name: 'add-scanner',
  summary: 'Print a one-time code by which a telephone becomes a scanner at the door',
  usage: '',
  options: {
    seller: { type: 'string', value: 'N', summary: 'The seller' },
    name: { type: 'string', value: 'TEXT', summary: 'What the scanner is called' },
  },
  positionals: { min: 0, max: 0 },
  run: ({ options }, context) =>
    withDatabase('add-scanner', context, async (pool) => {
      const { config, clock, out } = context;
      const tenantId = readSellerOption(options);
      if (tenantId === null) throw new CommandError('name the seller with --seller N.');
      const name = String(options['name'] ?? 'Scanner')
        .trim()
        .slice(0, limits.staffNameCharsMax);
      if (name === '') throw new CommandError('--name takes what the scanner is called.');
      const wanted = { tenantId, kind: 'scanner' as const, name, actor: commandActor('add-scanner') };
      const { code, expiresAt } = await transact(pool, async (tx) => {
        if ((await readSellerName(tx, tenantId)) === null)
          throw new CommandError(`there is no seller ${tenantId}.`);
        return await registerDevice(tx, systemIds, { ...wanted, now: clock.now() });
      });
      out(`Until ${expiresAt.toISOString()} this code makes a telephone the scanner "${name}":`);
      out(`  ${code}`);
      out(`Type it at ${config.publicUrl ?? `http://${config.host}:${config.port}`}/door/`);
      return 0;
    }),
};
