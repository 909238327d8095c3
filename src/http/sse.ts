import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../base/errors.ts';

/** One server-sent event; `data` is written as JSON. */
export type Frame = { id?: number | string; event?: string; data: unknown };

/** A stream to one reader. After its end, writing does nothing. */
export type EventStream = {
  send(frame: Frame): void;
  /** Writes what `encodeFrame` made: encode once, write to many. */
  write(encoded: string): void;
  end(): void;
  readonly ended: boolean;
  /** Calls the listener once the stream has ended, whoever ended it; at once if it has already. */
  onEnd(listener: () => void): void;
};

/** All streams of a process: bounded in number, ended together when the process drains. */
export type Streams = {
  /**
   * Takes over the answer and opens a stream on it; the handler then returns `reply`.
   * @throws Problem `overloaded` when the process has as many streams as it may, or drains.
   */
  open(request: FastifyRequest, reply: FastifyReply): EventStream;
  readonly count: number;
  /** Ends every stream and opens no more. */
  drain(): void;
};

/** Writes an event in the text/event-stream format. JSON has no raw line breaks, so data is one line. */
export function encodeFrame(frame: Frame): string {
  let text = '';
  if (frame.id !== undefined) text += `id: ${frame.id}\n`;
  if (frame.event !== undefined) text += `event: ${frame.event}\n`;
  return `${text}data: ${JSON.stringify(frame.data)}\n\n`;
}

function startAnswer(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const raw = reply.raw;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Tells nginx not to collect the stream into its buffers.
    'x-accel-buffering': 'no',
  });
  return raw;
}

function createStream(raw: ServerResponse, options: StreamsOptions): EventStream {
  const listeners: (() => void)[] = [];
  let ended = false;
  let behindSince: number | undefined;
  const finish = () => {
    if (ended) return;
    ended = true;
    clearInterval(ping);
    for (const listener of listeners) listener();
  };
  const write = (text: string) => {
    if (ended) return;
    // A reader that takes less than it is given would fill the memory; it can resume by Last-Event-ID. One that
    // has a long text to take, such as the first picture of a stadium, gets the time to do so.
    if (raw.writableLength <= options.bufferedBytesMax) behindSince = undefined;
    else behindSince ??= Date.now();
    if (behindSince !== undefined && Date.now() - behindSince > options.behindSecondsMax * 1000)
      raw.destroy();
    else raw.write(text);
  };
  const ping = setInterval(() => write(': ping\n\n'), options.pingSeconds * 1000);
  raw.on('close', finish);
  raw.on('error', finish);
  // The reader may have gone before its stream was opened.
  if (raw.destroyed) finish();
  return {
    write,
    send: (frame) => write(encodeFrame(frame)),
    end() {
      if (ended) return;
      raw.end();
      finish();
    },
    get ended() {
      return ended;
    },
    onEnd(listener) {
      if (ended) listener();
      else listeners.push(listener);
    },
  };
}

export type StreamsOptions = {
  max: number;
  pingSeconds: number;
  /** A reader for whom more than this waits is behind, and is let go when it stays so. */
  bufferedBytesMax: number;
  behindSecondsMax: number;
};

/** Creates the streams of a process. */
export function createStreams(options: StreamsOptions): Streams {
  const open = new Set<EventStream>();
  let draining = false;
  return {
    open(request, reply) {
      if (draining || open.size >= options.max) {
        const reason = draining
          ? 'this process is shutting down'
          : 'this process serves as many streams as it can';
        throw new Problem('overloaded', `No stream can be opened: ${reason}. Try again.`, {
          retryAfterSeconds: 2,
        });
      }
      const stream = createStream(startAnswer(reply), options);
      if (request.method === 'HEAD') {
        stream.end();
        return stream;
      }
      open.add(stream);
      stream.onEnd(() => open.delete(stream));
      // Readers that lose a process come back at different moments, so that they do not all meet.
      stream.write(`retry: ${1_000 + Math.floor(Math.random() * 2_000)}\n\n`);
      return stream;
    },
    get count() {
      return open.size;
    },
    drain() {
      draining = true;
      for (const stream of open) stream.end();
    },
  };
}
