import { parseEventId, formatEventId, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import { encodeFrame, type EventStream, type Streams } from '../http/sse.ts';
import type { Availability } from './availability.ts';
import { getPublicEvent, type EventCache } from './event-cache.ts';
import { availabilityToJson, changeBetween } from './event-json.ts';
import { isPublic } from './event.ts';
import type { LiveEvent } from './live-event.ts';

type Deps = { events: EventCache; streams: Streams };

/**
 * What the readers of one event have been told. Every reader is told the same: a newcomer begins with what
 * the others know, so that each change is written once for all of them, whatever their number. A change is
 * what differs from what was told, so that a seat that is held and freed between two pushes is not news.
 */
class Feed {
  readonly readers = new Set<EventStream>();
  #live: LiveEvent;
  #version = -1;
  #told: Availability = { seats: new Uint8Array(), zonesLeft: new Map() };
  #snapshot: string | undefined;

  constructor(live: LiveEvent) {
    this.#live = live;
    this.#take(live);
  }

  /** The state that the readers know, as a newcomer gets it. */
  get snapshot(): string {
    this.#snapshot ??= encodeFrame({
      event: 'snapshot',
      data: availabilityToJson(this.#live.event, changeBetween(null, this.#told)),
    });
    return this.#snapshot;
  }

  /** Tells the readers what is new, if anything is. */
  push(live: LiveEvent): void {
    if (live === this.#live && live.version === this.#version) return;
    const isSamePlan = live.event.planVersion === this.#live.event.planVersion;
    const change = changeBetween(this.#told, live.availability);
    this.#take(live);
    if (isSamePlan && change.seats.length + change.zones.length === 0) return;
    const frame = isSamePlan
      ? encodeFrame({ event: 'change', data: availabilityToJson(live.event, change) })
      : this.snapshot;
    for (const reader of this.readers) reader.write(frame);
  }

  #take(live: LiveEvent): void {
    const { seats, zonesLeft } = live.availability;
    this.#live = live;
    this.#version = live.version;
    this.#told = { seats: seats.slice(), zonesLeft: new Map(zonesLeft) };
    this.#snapshot = undefined;
  }
}

/** The feeds of the events that somebody reads, and the one timer that pushes. */
class Feeds {
  readonly #events: EventCache;
  readonly #feeds = new Map<string, Feed>();
  #timer: NodeJS.Timeout | undefined;

  constructor(events: EventCache) {
    this.#events = events;
  }

  add(live: LiveEvent, reader: EventStream): void {
    const id = formatEventId(live.event);
    const feed = this.#feeds.get(id) ?? new Feed(live);
    this.#feeds.set(id, feed);
    reader.write(feed.snapshot);
    feed.readers.add(reader);
    this.#timer ??= setInterval(() => this.#pushAll(), limits.availabilityPushMilliseconds).unref();
    reader.onEnd(() => this.#remove(id, feed, reader));
  }

  #remove(id: string, feed: Feed, reader: EventStream): void {
    feed.readers.delete(reader);
    if (feed.readers.size === 0 && this.#feeds.get(id) === feed) this.#feeds.delete(id);
    if (this.#feeds.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #pushAll(): void {
    for (const [id, feed] of this.#feeds) void this.#push(parseEventId(id)!, feed);
  }

  async #push(key: EventKey, feed: Feed): Promise<void> {
    // While the database does not answer there is nothing to tell, and the next push asks again.
    const live = await this.#events.get(key).catch(() => undefined);
    if (live === undefined) return;
    if (live && isPublic(live.event)) feed.push(live);
    else for (const reader of feed.readers) reader.end();
  }
}

/** `GET /events/{id}/availability/stream`: what is taken, and then each change, a few times a second. */
export function streamAvailabilityRoute(app: App, deps: Deps): void {
  const feeds = new Feeds(deps.events);
  app.get(
    '/events/:event_id/availability/stream',
    {
      compress: false,
      config: { hot: true, problems: ['event_not_found', 'overloaded'] },
      schema: {
        operationId: 'streamAvailability',
        tags: ['catalog'],
        summary: 'What is taken, as it changes (server-sent events)',
        description:
          'First an event `snapshot` with the body of `readAvailability`, then events `change` of the same shape that name what has changed; there a seat that became free is `free`.',
        params: object({ event_id: eventIdSchema }),
      },
    },
    async (request, reply) => {
      const live = await getPublicEvent(deps.events, request.params.event_id);
      const stream = deps.streams.open(request, reply);
      if (!stream.ended) feeds.add(live, stream);
      return reply;
    },
  );
}
