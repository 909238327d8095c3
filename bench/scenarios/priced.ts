import type { Pool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { noWishes, type Wishes } from '../../src/pricing/cart-rules.ts';
import { savePriceList } from '../../src/pricing/price-list.store.ts';
import { addVoucher } from '../../src/pricing/voucher-edit.store.ts';
import { findVoucher } from '../../src/pricing/voucher.store.ts';
import { addTaxRule } from '../../src/catalog/seller.store.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import type { Hall } from '../support/hall.ts';
import type { Measured } from '../support/measure.ts';
import { measureConfirms } from './confirm.ts';

const defaultClients = 256;
const defaultSeconds = 5;
const quantity = 1_000_000;

/** Gives a hall what a cart may have: stages, fees, a second tax and a voucher. */
async function price(pool: Pool, hall: Hall): Promise<Wishes> {
  const change = { kind: 'percentage' as const, ppm: -100_000 };
  const common = { zoneNos: null, from: null, until: null, quantity, change };
  const fee = { amount: null, ratePpm: null, taxed: true, absorbed: false };
  const open = { validFrom: -Infinity, validUntil: Infinity, seatNos: [], places: [] };
  await transact(pool, async (tx) => {
    await addTaxRule(tx, hall.tenantId, {
      eventId: null,
      name: 'Municipal',
      inclusion: 'added',
      ratePpm: 30_000,
    });
    const list = {
      modifiers: [],
      ticketKinds: [{ code: 'adult', name: 'Adult', zoneNos: null, change: null }],
      stages: [
        { ...common, code: 'early', name: 'Early bird' },
        { ...common, code: 'late', name: 'Late' },
      ],
      fees: [
        { ...fee, name: 'Service', per: 'ticket' as const, amount: 150 },
        { ...fee, name: 'Payment', per: 'order' as const, ratePpm: 20_000, taxed: false },
      ],
      orderPlacesMax: null,
      customerPlacesMax: null,
      wholeTables: [],
      hiddenZones: [],
    };
    await savePriceList(tx, hall, { categories: [], zones: [], list }, new Date());
    const voucher = {
      ...open,
      code: 'AMIGO',
      eventId: hall.eventId,
      effect: 'percentage' as const,
      value: 50_000,
      currency: 'USD',
      zoneNos: null,
      usesMax: quantity,
      customerUsesMax: null,
    };
    await addVoucher(tx, hall.tenantId, voucher, new Date());
  });
  return { ...noWishes, voucher: await findVoucher(reader(pool), hall.tenantId, 'AMIGO') };
}

async function run(bench: Bench): Promise<Outcome> {
  const { clients = [defaultClients], seconds = defaultSeconds } = bench.options;
  const measured: Measured[] = [];
  for (const count of clients) {
    const plain = await measureConfirms(bench, count, seconds, { label: { case: 'plain' } });
    const priced = await measureConfirms(bench, count, seconds, { price, label: { case: 'priced' } });
    measured.push(plain, priced);
    const share = Math.round((100 * priced.row.per_second) / plain.row.per_second);
    bench.progress.say(`  ${count} clients: priced at ${share} % of plain`);
  }
  return { findings: findingsOf(bench, measured, measured.at(-1)!, undefined), plots: {} };
}

export const priced: Scenario = {
  name: 'priced',
  summary:
    'confirms of 2 numbered seats, plain and then with stages, fees, two taxes and a voucher in the cart; closed loop',
  run,
};
