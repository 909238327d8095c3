import type { Locale } from '../base/format.ts';
import { noBrand, type Brand } from '../notifications/brand.ts';
import type { HallMap } from './hall-map.ts';
import type { LogoDrawing } from './logo-drawing.ts';

/** What the tickets of an event have in common. */
export type TicketLook = {
  brand: Brand;
  logo: LogoDrawing | null;
  map: HallMap | null;
  /** The terms at the foot; null where there are none in that language. */
  terms: Record<Locale, string | null>;
};

/** Tickets as the house draws them by itself. */
export const plainLook: TicketLook = { brand: noBrand, logo: null, map: null, terms: { es: null, en: null } };
