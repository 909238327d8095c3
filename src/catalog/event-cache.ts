import { randomBytes } from 'node:crypto';
import { Problem } from '../base/errors.ts';
import { formatEventId, parseEventId, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Notices } from '../db/notices.ts';
import type { Reader } from '../db/transaction.ts';
import { cutChange, decodeNotice, encodeNotice } from './availability-notice.ts';
import type { AvailabilityChange } from './availability.ts';
import { isPublic } from './event.ts';
import { catalogChannel, loadAvailability, loadEvent } from './event.store.ts';
import { LiveEvent } from './live-event.ts';

export const availabilityChannel = 'taquilla_availability';
const publishMilliseconds = 20;

type Entry = {
  live: Promise<LiveEvent | null>;
  /** Changes that arrived while the database was being read: the reading may be older than they are. */
  during: AvailabilityChange[] | null;
};

type Deps = { reader: Reader; notices: Notices; onError(error: unknown): void };

/**
 * The events of this process, in memory: loaded when first asked for, kept fresh by notices from the other
 * processes, read again after a gap and every half minute. It proposes; the groups decide.
 */
export class EventCache {
  readonly #deps: Deps;
  readonly #entries = new Map<string, Entry>();
  readonly #publisher = randomBytes(6).toString('hex');
  readonly #heard = new Map<string, number>();
  #sequence = 0;
  #outgoing: { key: EventKey; change: AvailabilityChange }[] = [];
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Starts to listen, to tell and to read again from time to time. */
  async start(): Promise<void> {
    const { notices } = this.#deps;
    const rereadAll = () => void this.#rereadAll();
    await notices.subscribe(availabilityChannel, (payload) => this.#hear(payload), rereadAll);
    await notices.subscribe(
      catalogChannel,
      (payload) => this.#forget(payload),
      () => this.#forgetAll(),
    );
    this.#timers.push(setInterval(() => void this.#publish(), publishMilliseconds));
    this.#timers.push(setInterval(rereadAll, limits.availabilityRereadSeconds * 1000));
    for (const timer of this.#timers) timer.unref();
  }

  /** Ends the timers, after a last telling of what is new. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#publish();
  }

  /** An event in whatever state it is, or null when there is none such. */
  async get(key: EventKey): Promise<LiveEvent | null> {
    const id = formatEventId(key);
    const entry = this.#entries.get(id) ?? this.#load(id, key);
    const live = await entry.live;
    // Ids are as many as anyone cares to invent; what does not exist is not remembered.
    if (!live && this.#entries.get(id) === entry) this.#entries.delete(id);
    return live;
  }

  /** Reads an event's prices, taxes and places again, and returns it as it is now. */
  async reload(key: EventKey): Promise<LiveEvent | null> {
    return this.#load(formatEventId(key), key).live;
  }

  /** Takes over what a group of this process has committed, and tells the other processes. */
  async commit(key: EventKey, change: AvailabilityChange): Promise<void> {
    this.#outgoing.push({ key, change });
    await this.#apply(key, change);
  }

  #load(id: string, key: EventKey): Entry {
    const entry: Entry = { live: Promise.resolve(null), during: [] };
    entry.live = this.#read(entry, key).catch((error: unknown) => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
      throw error;
    });
    this.#entries.set(id, entry);
    return entry;
  }

  async #read(entry: Entry, key: EventKey): Promise<LiveEvent | null> {
    const [event, availability] = await Promise.all([
      loadEvent(this.#deps.reader, key),
      loadAvailability(this.#deps.reader, key),
    ]);
    if (!event) return null;
    const live = new LiveEvent(event, availability);
    for (const change of entry.during ?? []) live.apply(change);
    entry.during = null;
    return live;
  }

  async #apply(key: EventKey, change: AvailabilityChange): Promise<void> {
    const entry = this.#entries.get(formatEventId(key));
    if (!entry) return;
    if (entry.during) entry.during.push(change);
    else (await entry.live)?.apply(change);
  }

  #publish(): Promise<void> {
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    const payloads = outgoing.flatMap(({ key, change }) =>
      cutChange(change).map((piece) =>
        encodeNotice({ publisher: this.#publisher, sequence: ++this.#sequence, key, change: piece }),
      ),
    );
    return this.#deps.notices.publish(availabilityChannel, payloads).catch(this.#deps.onError);
  }

  #hear(payload: string): void {
    const notice = decodeNotice(payload);
    if (!notice || notice.publisher === this.#publisher) return;
    const last = this.#heard.get(notice.publisher);
    this.#heard.set(notice.publisher, notice.sequence);
    if (last !== undefined && notice.sequence !== last + 1) void this.#rereadAll();
    this.#apply(notice.key, notice.change).catch(this.#deps.onError);
  }

  async #rereadAll(): Promise<void> {
    for (const [id, entry] of this.#entries) {
      const key = parseEventId(id)!;
      if (entry.during) continue;
      // At once, so that a second reading of the same event is left out while this one waits.
      const during: AvailabilityChange[] = (entry.during = []);
      try {
        const live = await entry.live;
        const availability = await loadAvailability(this.#deps.reader, key);
        live?.replace(availability);
        for (const change of during) live?.apply(change);
      } catch (error) {
        this.#deps.onError(error);
      }
      entry.during = null;
    }
  }

  /** A payload is an event's id, or a seller's for all of its events. */
  #forget(payload: string): void {
    for (const id of this.#entries.keys()) {
      if (id === payload || id.startsWith(`${payload}-`))
        void this.#load(id, parseEventId(id)!).live.catch(() => {});
    }
  }

  #forgetAll(): void {
    for (const id of this.#entries.keys()) this.#forget(id);
  }
}

/**
 * Gets an event that buyers may see, by its id as a request gives it.
 * @throws Problem `event_not_found`, for drafts and cancelled events too.
 */
export async function getPublicEvent(events: EventCache, id: string): Promise<LiveEvent> {
  const key = parseEventId(id);
  const live = key && (await events.get(key));
  if (!live || !isPublic(live.event)) throw new Problem('event_not_found', `There is no event ${id}.`);
  return live;
}
