import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../../src/http/app.ts';
import type { EventStream, Streams } from '../../src/http/sse.ts';
import { startBareServer } from '../support/bare-server.ts';

const opened: EventStream[] = [];

function mount(app: App, streams: Streams): void {
  app.get('/stream', (request, reply) => {
    const stream = streams.open(request, reply);
    opened.push(stream);
    stream.send({ id: 1, event: 'confirmed', data: { step: 'confirmed', text: 'one\ntwo' } });
    return reply;
  });
  app.get('/slow', async () => {
    await sleep(300);
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

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `not in time: ${what}`);
    await sleep(10);
  }
}

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
    streams: { bufferedBytesMax: 10_000, behindSecondsMax: 0.2 },
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
  await sleep(300);
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
  const slow = fetch(`${server.url}/slow`);
  await sleep(100);
  const started = Date.now();
  const drained = server.drain({ delaySeconds: 0, limitSeconds: 5 });
  await stream.ended;
  const answer = await slow;
  assert.deepEqual(await answer.json(), { done: true });
  assert.equal(answer.headers.get('connection'), 'close');
  assert.equal(await drained, true);
  assert.ok(Date.now() - started < 2_000);
  await assert.rejects(fetch(`${server.url}/slow`));
});

test('draining is bounded: what is late is cut off, and that is said', async () => {
  const server = await startBareServer({ mount });
  const slow = fetch(`${server.url}/slow`).catch((error: Error) => error);
  await sleep(100);
  assert.equal(await server.drain({ delaySeconds: 0, limitSeconds: 0.05 }), false);
  assert.ok((await slow) instanceof Error);
});

test('while a drain is delayed, requests are still served, each on its last connection', async () => {
  const server = await startBareServer({ mount });
  const drained = server.drain({ delaySeconds: 0.5, limitSeconds: 5 });
  const answer = await fetch(`${server.url}/slow`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('connection'), 'close');
  assert.equal((await fetch(`${server.url}/stream`)).status, 503);
  assert.equal(await drained, true);
});
