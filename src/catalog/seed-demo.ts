import { generateKeyPairSync } from 'node:crypto';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import { clubPlan, clubStanding } from './demo/club.ts';
import { concertStadiumPlan, stadiumStanding } from './demo/concert-stadium.ts';
import { operaHousePlan, operaStanding } from './demo/opera-house.ts';
import { createEvent } from './event.store.ts';
import { importPlan, type PlanSale } from './import-plan.ts';
import type { Plan } from './plan.ts';
import { analyzePlans } from './plan.store.ts';
import {
  addFiscalPoint,
  addSellerKey,
  addTaxRule,
  createSeller,
  ensureVenue,
  lockSellers,
  type NewSeller,
} from './seller.store.ts';

type DemoEvent = {
  name: string;
  description: string;
  venue: { name: string; address: string };
  plan: Plan;
  sale: Omit<PlanSale, 'blocked'>;
  /** Days from today, and the hour there by UTC. */
  starts: { inDays: number; hourUtc: number };
  /** Days from now; negative when it sells already. */
  salesStartInDays: number;
};

type DemoSeller = {
  seller: NewSeller;
  series: { prefix: string; padding: number };
  tax: { name: string; ratePpm: number; inclusion: 'added' | 'included' };
  events: DemoEvent[];
};

const dayMilliseconds = 86_400_000;

function theatreSale(
  prices: [
    preferred: number,
    stalls: number,
    boxes: number,
    balcony: number,
    gallery: number,
    standing: number,
  ],
) {
  const [preferred, stalls, boxes, balcony, gallery, standing] = prices;
  return {
    prices: [
      `Platea preferente=${preferred}`,
      `Platea=${stalls}`,
      `Palcos=${boxes}`,
      `Balcón=${balcony}`,
      `Paraíso=${gallery}`,
    ],
    general: [`${operaStanding}=120@${standing}`],
  };
}

function caracas(): DemoSeller {
  const opera = { name: 'Teatro Alborada', address: 'Av. Los Caobos 14, Caracas' };
  return {
    seller: {
      name: 'Alborada Producciones',
      legalName: 'Alborada Producciones, C.A.',
      taxId: 'J-00000000-0',
      timezone: 'America/Caracas',
      currency: 'USD',
      rounding: 'half_up',
    },
    series: { prefix: 'A-', padding: 8 },
    tax: { name: 'IVA', ratePpm: 160_000, inclusion: 'added' },
    events: [
      {
        name: 'La traviata',
        description: 'Ópera en tres actos de Giuseppe Verdi, con orquesta y coro. Sobretítulos en español.',
        venue: opera,
        plan: operaHousePlan(),
        sale: theatreSale([85, 60, 70, 40, 18, 12]),
        starts: { inDays: 24, hourUtc: 23 },
        salesStartInDays: -7,
      },
      {
        name: 'Gala de fin de año',
        description: 'La orquesta y sus solistas despiden el año con valses, zarzuela y merengue caraqueño.',
        venue: opera,
        plan: operaHousePlan(),
        sale: theatreSale([110, 80, 90, 55, 25, 15]),
        starts: { inDays: 37, hourUtc: 24 },
        salesStartInDays: -2,
      },
      {
        name: 'Luna Nueva: la gira del regreso',
        description: 'Diez años después, todas las canciones en una noche. Puertas desde las cinco.',
        venue: { name: 'Estadio Monumental del Ávila', address: 'Autopista Norte, Caracas' },
        plan: concertStadiumPlan(),
        sale: {
          prices: ['Tribuna baja=75', 'Fondo bajo=60', 'Club=120', 'Tribuna alta=40', 'Fondo alto=30'],
          general: [`${stadiumStanding.front}=2000@150`, `${stadiumStanding.back}=8000@55`],
        },
        starts: { inDays: 58, hourUtc: 24 },
        salesStartInDays: -1,
      },
      {
        name: 'Noche de jazz latino',
        description: 'Cuarteto y descarga abierta. Solo entrada general.',
        venue: { name: 'Sala El Patio', address: 'Calle La Joya 3, Caracas' },
        plan: clubPlan(),
        sale: { prices: [], general: [`${clubStanding.floor}=180@15`, `${clubStanding.gallery}=60@22.50`] },
        starts: { inDays: 10, hourUtc: 25 },
        salesStartInDays: -3,
      },
      {
        name: 'El Cascanueces',
        description: 'El ballet de la temporada, con su orquesta. La venta abre en los próximos días.',
        venue: opera,
        plan: operaHousePlan(),
        sale: theatreSale([70, 50, 60, 32, 15, 10]),
        starts: { inDays: 90, hourUtc: 21 },
        salesStartInDays: 5,
      },
    ],
  };
}

function madrid(): DemoSeller {
  return {
    seller: {
      name: 'Teatros del Prado',
      legalName: 'Teatros del Prado, S.L.',
      taxId: 'B00000000',
      timezone: 'Europe/Madrid',
      currency: 'EUR',
      phoneCountry: 'ES',
      rounding: 'half_up',
    },
    series: { prefix: 'TP', padding: 7 },
    tax: { name: 'IVA', ratePpm: 100_000, inclusion: 'included' },
    events: [
      {
        name: 'Don Juan Tenorio',
        description: 'El clásico de Zorrilla en un montaje nuevo. Dos horas, con descanso.',
        venue: { name: 'Teatro Lírico del Prado', address: 'Calle de la Berenjena 8, Madrid' },
        plan: operaHousePlan(),
        sale: theatreSale([48, 36, 42, 26, 14, 8]),
        starts: { inDays: 17, hourUtc: 19 },
        salesStartInDays: -10,
      },
    ],
  };
}

async function seedEvent(
  tx: Tx,
  tenantId: number,
  demo: DemoSeller,
  event: DemoEvent,
  now: Date,
): Promise<void> {
  const { timezone, currency } = demo.seller;
  const venueId = await ensureVenue(tx, tenantId, { ...event.venue, timezone });
  const today = Math.floor(now.getTime() / dayMilliseconds) * dayMilliseconds;
  const startsAt = new Date(today + event.starts.inDays * dayMilliseconds + event.starts.hourUtc * 3_600_000);
  const key = await createEvent(tx, tenantId, {
    venueId,
    name: event.name,
    description: event.description,
    startsAt,
    currency,
    status: 'published',
    salesStartAt: new Date(now.getTime() + event.salesStartInDays * dayMilliseconds),
    salesEndAt: startsAt,
  });
  await importPlan(tx, key, event.plan, { ...event.sale, blocked: [] });
}

async function seedSeller(tx: Tx, demo: DemoSeller, now: Date): Promise<void> {
  const tenantId = await createSeller(tx, demo.seller);
  const keys = generateKeyPairSync('ed25519');
  await addSellerKey(tx, tenantId, {
    keyId: 1,
    publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }),
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'der' }),
  });
  await addFiscalPoint(tx, tenantId, {
    pointNo: 1,
    kind: 'online',
    name: 'Online',
    series: { ...demo.series, firstNumber: 1 },
  });
  await addTaxRule(tx, tenantId, { eventId: null, ...demo.tax });
  for (const event of demo.events) await seedEvent(tx, tenantId, demo, event, now);
}

/**
 * Fills a database that has no seller with two invented ones and their events; any other is left alone.
 * @returns whether it did.
 */
export async function seedDemo(pool: Pool, log: (line: string) => void): Promise<boolean> {
  const events = await transact(pool, async (tx) => {
    if (await lockSellers(tx)) return null;
    const now = new Date();
    const sellers = [caracas(), madrid()];
    for (const demo of sellers) await seedSeller(tx, demo, now);
    return sellers.flatMap((demo) => demo.events.map((event) => `${event.name} (${demo.seller.name})`));
  });
  if (!events) return false;
  await analyzePlans(pool);
  log(`seeded demo events: ${events.join(', ')}`);
  return true;
}
