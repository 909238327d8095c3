import { formatEventId, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { encodeFrame, type EventStream, type Streams } from '../http/sse.ts';
import { attendanceAnswer } from './attendance.schema.ts';
import { readAttendance, readLastScanNo } from './attendance.store.ts';
import { hasEvent } from './revoked-code.store.ts';

type Feed = { key: EventKey; told: number; readers: Set<EventStream> };

/** The events whose count somebody follows: each is read once for all of its readers, and only after a scan. */
class Feeds {
  readonly #reader: Reader;
  readonly #feeds = new Map<string, Feed>();
  #timer: NodeJS.Timeout | undefined;
  #pushing = false;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  async add(key: EventKey, stream: EventStream): Promise<void> {
    const id = formatEventId(key);
    const feed = this.#feeds.get(id) ?? { key, told: -1, readers: new Set() };
    this.#feeds.set(id, feed);
    feed.readers.add(stream);
    stream.onEnd(() => this.#remove(id, feed, stream));
    this.#timer ??= setInterval(() => void this.#pushAll(), limits.attendancePushSeconds * 1_000).unref();
    const { frame } = await this.#read(key);
    stream.write(frame);
  }

  #remove(id: string, feed: Feed, stream: EventStream): void {
    feed.readers.delete(stream);
    if (feed.readers.size === 0) this.#feeds.delete(id);
    if (this.#feeds.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #read(key: EventKey): Promise<{ frame: string; scanNo: number }> {
    const attendance = await readAttendance(this.#reader, key);
    const frame = encodeFrame({ event: 'attendance', data: attendanceAnswer(key, attendance) });
    return { frame, scanNo: attendance.scanNo };
  }

  async #pushAll(): Promise<void> {
    if (this.#pushing) return;
    this.#pushing = true;
    for (const feed of this.#feeds.values()) {
      // While the database does not answer there is nothing to tell, and the next push asks again.
      await this.#push(feed).catch(() => undefined);
    }
    this.#pushing = false;
  }

  async #push(feed: Feed): Promise<void> {
    if ((await readLastScanNo(this.#reader, feed.key)) === feed.told) return;
    const { frame, scanNo } = await this.#read(feed.key);
    feed.told = scanNo;
    for (const reader of feed.readers) reader.write(frame);
  }
}

/** `GET /sellers/{id}/events/{id}/attendance/stream`: how many are in, now and after scans. */
export function streamAttendanceRoute(
  app: App,
  { reader, streams }: { reader: Reader; streams: Streams },
): void {
  const feeds = new Feeds(reader);
  app.get(
    '/sellers/:seller_id/events/:event_id/attendance/stream',
    {
      compress: false,
      config: { right: 'admission.read', hot: true, problems: ['event_not_found'] },
      schema: {
        operationId: 'streamAttendance',
        tags: ['admission'],
        summary: 'How many are in, as it changes (server-sent events)',
        params: eventParamsSchema,
      },
    },
    async (request, reply) => {
      const key = eventKeyOf(request.params);
      if (!(await hasEvent(reader, key))) throw eventNotFound(request.params.event_id);
      const stream = streams.open(request, reply);
      if (!stream.ended) await feeds.add(key, stream).catch(() => stream.end());
      return reply;
    },
  );
}
