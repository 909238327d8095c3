import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../../src/http/app.ts';
import type { EventStream, Streams } from '../../src/http/sse.ts';
import { startBareServer } from '../support/bare-server.ts';
import { waitUntil } from '../support/wait.ts';

const opened: EventStream[] = [];
/** A request that lasts until it is let go. */
let slow = newSlow();
beforeEach(() => {
  slow = newSlow();
});

function newSlow() {
  return { began: Promise.withResolvers<void>(), letGo: Promise.withResolvers<void>() };
}

function mount(app: App, streams: Streams): void {
  app.get('/stream', (request, reply) => {
    const stream = streams.open(request, reply);
    opened.push(stream);
    stream.send({ id: 1, event: 'confirmed', data: { step: 'confirmed', text: 'one\ntwo' } });
    return reply;
  });
  app.get('/slow', async () => {
    slow.began.resolve();
    await slow.letGo.promise;
    return { done: true };
  });
}

function openStream(url: string): Promise<{ answer: IncomingMessage; text(): string; ended: Promise<void> }> {
  return new Promise((resolve, reject) => {
    get(`${url}/stream`, (answer) => {
      let received = '';
      answer.on('data', (chunk) => (received += chunk));
      const ended = new Promise<void>((done) => answer.on('close', done));
      resolve({ answer, text: () => received, ended });
    }).on('error', reject);
  });
}

const until = (condition: () => boolean, what: string) => waitUntil(what, condition);

test('a stream has id, event and data on one line each, and pings', async () => {
  const server = await startBareServer({ mount, streams: { pingSeconds: 0.05 } });
  const stream = await openStream(server.url);
  assert.equal(stream.answer.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(stream.answer.headers['x-content-type-options'], 'nosniff');
  assert.equal(stream.answer.headers['content-encoding'], undefined);
  await until(() => stream.text().includes(': ping\n\n'), 'a ping');
  assert.match(stream.text(), /id: 1\nevent: confirmed\ndata: \{"step":"confirmed","text":"one\\ntwo"\}\n\n/);
  assert.equal(server.streams.count, 1);
  stream.answer.destroy();
  await until(() => server.streams.count === 0, 'the stream to be counted off');
});

test('a process has only so many streams, and says when to come again', async () => {
  const server = await startBareServer({ mount, streams: { max: 2 } });
  const streams = [await openStream(server.url), await openStream(server.url)];
  const refused = await fetch(`${server.url}/stream`);
  assert.equal(refused.status, 503);
  assert.equal(((await refused.json()) as { code: string }).code, 'overloaded');
  assert.ok(Number(refused.headers.get('retry-after')) >= 1);
  for (const { answer } of streams) answer.destroy();
});

test('a reader who does not read is let go', async () => {
  const server = await startBareServer({
    mount,
    streams: { bufferedBytesMax: 10_000, behindSecondsMax: 2 },
  });
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET /stream HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  socket.on('error', () => {});
  await until(() => server.streams.count === 1, 'the stream');
  const stream = opened.at(-1)!;
  let ends = 0;
  stream.onEnd(() => ends++);
  // More than the system's own buffers take, and far more than the limit: allowed, for a while.
  stream.send({ data: 'x'.repeat(20_000_000) });
  stream.send({ data: 'more' });
  assert.equal(stream.ended, false);
  await sleep(2_100);
  stream.send({ data: 'still more' });
  await until(() => stream.ended, 'the end');
  assert.equal(ends, 1);
  stream.send({ data: 'after the end' });
  socket.destroy();
});

test('draining ends streams, finishes requests, and closes idle connections', async () => {
  const server = await startBareServer({ mount });
  const stream = await openStream(server.url);
  // Browsers open connections ahead of need; one without a request must not hold the end up.
  const idle = connect(server.port, '127.0.0.1');
  idle.on('error', () => {});
  await once(idle, 'connect');
  const answering = fetch(`${server.url}/slow`);
  await slow.began.promise;
  const drained = server.drain({ delaySeconds: 0, limitSeconds: 60 });
  await stream.ended;
  slow.letGo.resolve();
  const answer = await answering;
  assert.deepEqual(await answer.json(), { done: true });
  assert.equal(answer.headers.get('connection'), 'close');
  assert.equal(await drained, true);
  await assert.rejects(fetch(`${server.url}/slow`));
});

test('draining is bounded: what is late is cut off, and that is said', async () => {
  const server = await startBareServer({ mount });
  const answering = fetch(`${server.url}/slow`).catch((error: Error) => error);
  await slow.began.promise;
  assert.equal(await server.drain({ delaySeconds: 0, limitSeconds: 0.05 }), false);
  assert.ok((await answering) instanceof Error);
  slow.letGo.resolve();
});

test('while a drain is delayed, requests are still served, each on its last connection', async () => {
  const server = await startBareServer({ mount });
  const drained = server.drain({ delaySeconds: 3, limitSeconds: 60 });
  slow.letGo.resolve();
  const answer = await fetch(`${server.url}/slow`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('connection'), 'close');
  assert.equal((await fetch(`${server.url}/stream`)).status, 503);
  assert.equal(await drained, true);
});
