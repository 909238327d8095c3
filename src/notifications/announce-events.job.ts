import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact, type Tx } from '../db/transaction.ts';
import type { StepLog } from '../fulfilment/step-lanes.job.ts';
import { readSales } from '../orders/sale.store.ts';
import type { Sale } from '../orders/sale.ts';
import {
  claimWalk,
  createAnnouncement,
  lockRemindable,
  readRemindable,
  readWalkPage,
  saveWalk,
  type Walk,
} from './announcement.store.ts';
import { isTransactional } from './kind-facts.ts';
import { readMessageSettings } from './message-settings.store.ts';
import { queueForBuyers } from './queue-for-buyers.store.ts';
import { afterQuietHours, reminderInstant } from './quiet-hours.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import type { Voice } from './template.ts';

export type AnnouncingDeps = {
  pool: Pool;
  clock: Clock;
  ids: IdSource;
  /** Where a sale's buyer ends reminders; null when the public address is not known. */
  unsubscribeUrlOf(tenantId: number, transactionId: string): string | null;
};

/** Walks over the sales of announcements. */
export class Announcer {
  readonly #deps: Omit<AnnouncingDeps, 'ids'>;
  readonly #templates: SellerTemplates;

  constructor(deps: Omit<AnnouncingDeps, 'ids'>) {
    this.#deps = deps;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
  }

  /**
   * Goes on with one announcement that is due, by a page of sales: queues the message of each of their buyers. A page is one
   * transaction, so a walk that was cut off goes on where it stood.
   * @returns whether there was anything to do.
   */
  async walkPage(): Promise<boolean> {
    const { pool, clock } = this.#deps;
    const now = clock.now();
    const until = new Date(now.getTime() - limits.announcementLagSeconds * 1_000);
    return await transact(pool, async (tx) => {
      const walk = await claimWalk(tx, now, until);
      if (!walk) return false;
      const page = await readWalkPage(tx, walk, until, limits.announcementPageRowsMax);
      const sales = await readSales(reader(pool), walk.tenantId, page.transactionIds);
      const voice = await this.#templates.voiceOf(walk.tenantId);
      const notBefore = await this.#notBefore(tx, walk, sales, now);
      const counts = await this.#queue(tx, walk, sales, voice, notBefore);
      await saveWalk(tx, walk, { ...counts, last: page.last, until, at: now });
      return true;
    });
  }

  /** When messages may go: reminders that are late wait for the end of quiet hours. */
  async #notBefore(tx: Tx, { kind, tenantId }: Walk, [first]: readonly Sale[], now: Date): Promise<Date> {
    if (isTransactional(kind) || !first) return now;
    const settings = await readMessageSettings(tx, tenantId);
    return settings ? afterQuietHours(now, first.venue.timezone, settings.quiet) : now;
  }

  #queue(tx: Tx, walk: Walk, sales: Sale[], voice: Voice, notBefore: Date) {
    const { tenantId, kind, data, occasionNo, deadlineAt } = walk;
    const common = { occasionNo, notBefore, deadlineAt };
    const note = data.note ?? null;
    switch (kind) {
      case 'event_changed': {
        const { old_starts_at: oldStart, old_venue: oldVenue = null } = data;
        const told = { oldStartsAt: oldStart === undefined ? null : new Date(oldStart), oldVenue, note };
        return queueForBuyers(tx, tenantId, { kind, ...common }, sales, voice, () => told);
      }
      case 'event_cancelled':
        return queueForBuyers(tx, tenantId, { kind, ...common }, sales, voice, () => ({ note }));
      case 'event_reminder':
        return queueForBuyers(tx, tenantId, { kind, ...common }, sales, voice, ({ transactionId }) => ({
          unsubscribeUrl: this.#deps.unsubscribeUrlOf(tenantId, transactionId),
          calendarUrl: null,
        }));
    }
  }
}

/**
 * Announces the reminders whose time has come: of each event once, and again when it has moved since.
 * @returns how many.
 */
export async function announceReminders({
  pool,
  clock,
  ids,
}: Pick<AnnouncingDeps, 'pool' | 'clock' | 'ids'>): Promise<number> {
  const now = clock.now();
  let announced = 0;
  for (const event of await readRemindable(reader(pool), now)) {
    const { tenantId, eventId, startsAt, timezone, reminderHours, quiet } = event;
    const wanted = reminderInstant(startsAt, reminderHours, timezone, quiet);
    // A seller may begin to remind when the hours have begun already.
    if (wanted > now || afterQuietHours(now, timezone, quiet) > now) continue;
    await transact(pool, async (tx) => {
      if (!(await lockRemindable(tx, event))) return;
      announced += 1;
      await createAnnouncement(tx, {
        tenantId,
        announcementId: ids.uuid(),
        eventId,
        kind: 'event_reminder',
        data: {},
        createdAt: now,
        dueAt: now,
        deadlineAt: startsAt,
      });
    });
  }
  return announced;
}

/**
 * Announces what is due, again and again.
 * @returns what ends it, after the page that is under way.
 */
export function startAnnouncing(
  deps: AnnouncingDeps & { log: StepLog; turn(): Promise<void> },
): () => Promise<void> {
  const announcer = new Announcer(deps);
  const ending = new AbortController();
  const { signal } = ending;
  const repeat = async (seconds: number, work: () => Promise<unknown>) => {
    while (!signal.aborted) {
      await deps.turn();
      await work().catch((err: unknown) =>
        deps.log.warn({ err }, 'announcements could not be looked after; it goes on by itself'),
      );
      await sleep(seconds * 1_000, undefined, { signal }).catch(() => undefined);
    }
  };
  const walk = async () => {
    while (!signal.aborted && (await announcer.walkPage())) await deps.turn();
  };
  const running = Promise.all([
    repeat(limits.announcementPollSeconds, walk),
    repeat(limits.reminderSweepSeconds, () => announceReminders(deps)),
  ]);
  return async () => {
    ending.abort();
    await running;
  };
}
