import { generateKeyPairSync } from 'node:crypto';
import type { EventKey } from '../../src/base/ids.ts';
import { analyzePlans } from '../../src/catalog/plan.store.ts';
import { addFiscalPoint, addSellerKey, addTaxRule, createSeller } from '../../src/catalog/seller.store.ts';
import type { Pool } from '../../src/db/pool.ts';
import { transact, type Tx } from '../../src/db/transaction.ts';

const seatsPerRow = 40;
export const seatPriceMinor = 2_500;
export const fiscalPrefix = 'A-';
export const fiscalPadding = 8;

/** An event on sale whose seats all stand in rows of forty, before a stage. */
export type Hall = EventKey & { seats: number };

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  return { keyId: 1, publicKey, privateKey };
}

async function makeSeller(tx: Tx, number: number): Promise<number> {
  const tenantId = await createSeller(tx, {
    name: `Teatro ${number}`,
    legalName: `Teatro ${number}, C.A.`,
    taxId: `J-${number}`,
    timezone: 'America/Caracas',
    currency: 'USD',
    rounding: 'half_up',
  });
  await addSellerKey(tx, tenantId, newKey());
  await addFiscalPoint(tx, tenantId, {
    pointNo: 1,
    kind: 'online',
    name: 'Online',
    series: { prefix: fiscalPrefix, padding: fiscalPadding, firstNumber: 1 },
  });
  await addTaxRule(tx, tenantId, { eventId: null, name: 'IVA', inclusion: 'added', ratePpm: 160_000 });
  await tx.query({
    text: `insert into venues (tenant_id, venue_id, name, address, timezone)
           values ($1, 1, 'Sala', 'Avenida 1', 'America/Caracas')`,
    values: [tenantId],
  });
  return tenantId;
}

/** Makes sellers, each with a key, a series, a tax of 16 % and a venue. @returns their tenant ids. */
export async function createSellers(pool: Pool, count: number): Promise<number[]> {
  return await transact(pool, async (tx) => {
    const tenantIds: number[] = [];
    for (let number = 1; number <= count; number++) tenantIds.push(await makeSeller(tx, number));
    return tenantIds;
  });
}

const plan = [
  `insert into categories (tenant_id, event_id, category_no, name, color, price)
   select $1, e, 1, 'Platea', '#aa3344', ${seatPriceMinor} from generate_series($2::integer, $3::integer) e`,
  `insert into zones (tenant_id, event_id, zone_no, name, kind, capacity)
   select $1, e, 1, 'Platea', 'numbered', $4::integer from generate_series($2::integer, $3::integer) e`,
  `insert into seats (tenant_id, event_id, seat_no, zone_no, category_no, guid, row_label, seat_label, row_no, position, x, y)
   select $1, e, n, 1, 1, 'seat-' || n, (row + 1)::text, (place + 1)::text, row + 1, place + 1,
          place * 25 + row % 50 / 10 * 1200, row / 5 * 30
     from generate_series($2::integer, $3::integer) e, generate_series(1, $4::integer) n,
          lateral (select (n - 1) / ${seatsPerRow} as row, (n - 1) % ${seatsPerRow} as place) s`,
];

const freeSeats = `
  insert into seat_states (tenant_id, event_id, seat_no)
  select $1, e, n from generate_series($2::integer, $3::integer) e, generate_series(1, $4::integer) n`;

/**
 * Makes events of one seller that are on sale, with a plan each, in a few statements whatever their number.
 * @param options.withoutStates leaves the seats' states to the caller; otherwise all are free.
 * @returns them in the order of their ids.
 */
export async function createHalls(
  pool: Pool,
  tenantId: number,
  { events = 1, seats, withoutStates = false }: { events?: number; seats: number; withoutStates?: boolean },
): Promise<Hall[]> {
  const halls = await transact(pool, async (tx) => {
    const made = await tx.query<{ event_id: number }>({
      text: `insert into events (tenant_id, event_id, venue_id, name, starts_at, currency, status, sales_start_at, sales_end_at)
             select $1, coalesce((select max(event_id) from events where tenant_id = $1), 0) + n, 1, 'Noche de gala ' || n,
                    now() + interval '30 days', 'USD', 'published', now() - interval '1 day', now() + interval '29 days'
               from generate_series(1, $2::integer) n
             returning event_id`,
      values: [tenantId, events],
    });
    const eventIds = made.map((row) => row.event_id).sort((a, b) => a - b);
    for (const text of withoutStates ? plan : [...plan, freeSeats]) {
      const parameters = [tenantId, eventIds[0], eventIds.at(-1), seats];
      await tx.query({ text, values: text.includes('$4') ? parameters : parameters.slice(0, 3) });
    }
    return eventIds.map((eventId) => ({ tenantId, eventId, seats }));
  });
  // As an import of a plan ends.
  await analyzePlans(pool);
  return halls;
}

/** Makes one seller with one event. */
export async function createHall(pool: Pool, seats: number): Promise<Hall> {
  const [tenantId] = await createSellers(pool, 1);
  const [hall] = await createHalls(pool, tenantId!, { seats });
  return hall!;
}
