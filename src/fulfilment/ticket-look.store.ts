import { formatEventId, type Clock, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { loadEvent } from '../catalog/event.store.ts';
import type { Reader } from '../db/transaction.ts';
import { noBrand } from '../notifications/brand.ts';
import { readLogoBytes } from '../notifications/logo.store.ts';
import { readBrand } from '../notifications/template.store.ts';
import { drawHallMap, type HallMap } from './hall-map.ts';
import { drawLogo, type LogoDrawing } from './logo-drawing.ts';
import type { TicketLook } from './ticket-look.ts';
import { readTerms } from './ticket-terms.store.ts';

type Kept = { until: number; look: Promise<TicketLook> };

/** How the tickets of events look, kept for some seconds; a hall is drawn again only when its plan has changed. */
export class TicketLooks {
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #logos = new Map<string, LogoDrawing>();
  readonly #maps = new Map<string, { planVersion: number; map: HallMap | null }>();

  constructor(deps: { reader: Reader; clock: Clock }) {
    this.#reader = deps.reader;
    this.#clock = deps.clock;
  }

  /** The look of an event's tickets. A failure to read it is not kept. */
  lookOf(key: EventKey): Promise<TicketLook> {
    const id = formatEventId(key);
    const now = this.#clock.now().getTime();
    const known = this.#kept.get(id);
    if (known && known.until > now) return known.look;
    const look = this.#read(id, key);
    this.#kept.set(id, { until: now + limits.templatesKeptSeconds * 1_000, look });
    look.catch(() => this.#kept.delete(id));
    return look;
  }

  async #read(id: string, key: EventKey): Promise<TicketLook> {
    const [seller, terms, map] = await Promise.all([
      readBrand(this.#reader, key.tenantId),
      readTerms(this.#reader, key),
      this.#mapOf(id, key),
    ]);
    const brand = seller?.brand ?? noBrand;
    const logo = brand.logoSha256 === null ? null : await this.#logoOf(key.tenantId, brand.logoSha256);
    return { brand, logo, terms, map };
  }

  /** A logo by its digest, which is unpacked once. */
  async #logoOf(tenantId: number, sha256: string): Promise<LogoDrawing | null> {
    const id = `${tenantId} ${sha256}`;
    const known = this.#logos.get(id);
    if (known) return known;
    const png = await readLogoBytes(this.#reader, tenantId, sha256);
    if (!png) return null;
    if (this.#logos.size >= limits.logosMax) this.#logos.delete([...this.#logos.keys()][0]!);
    const logo = drawLogo(png);
    this.#logos.set(id, logo);
    return logo;
  }

  async #mapOf(id: string, key: EventKey): Promise<HallMap | null> {
    const [row] = await this.#reader.query<{ planVersion: number }>({
      name: 'read-plan-version',
      text: 'select plan_version as "planVersion" from events where tenant_id = $1 and event_id = $2',
      values: [key.tenantId, key.eventId],
    });
    const known = this.#maps.get(id);
    if (known?.planVersion === row?.planVersion) return known?.map ?? null;
    const event = await loadEvent(this.#reader, key);
    const map = event && drawHallMap(event);
    // The oldest goes: whoever sells that many events at once draws one again now and then.
    if (this.#maps.size >= limits.hallMapsMax) this.#maps.delete([...this.#maps.keys()][0]!);
    this.#maps.set(id, { planVersion: event?.planVersion ?? 0, map });
    return map;
  }
}
