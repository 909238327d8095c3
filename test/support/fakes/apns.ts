import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Script } from './http-fake.ts';

/** What Apple's push service is asked, and by which connection's protocol. */
export type ApnsRequest = { path: string; topic: string; body: string };

type ApnsAnswer = { status: number; reason?: string };

/** Apple's push service as a server over HTTP/2; a status of 410 says that the telephone is gone. */
export async function startApnsFake() {
  const log: ApnsRequest[] = [];
  const scripts = new Map<string, Script<ApnsAnswer>>();
  const scriptOf = (token: string) => {
    const script = scripts.get(token) ?? new Script<ApnsAnswer>({ status: 200 });
    scripts.set(token, script);
    return script;
  };
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    let body = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (body += text));
    stream.on('end', () => {
      log.push({ path: String(headers[':path']), topic: String(headers['apns-topic']), body });
      const { status, reason } = scriptOf(String(headers[':path']).split('/').at(-1)!).take();
      stream.respond({ ':status': status });
      stream.end(reason === undefined ? '' : JSON.stringify({ reason }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    /** What is answered to the next pushes to a telephone. */
    next: (token: string, ...answers: ApnsAnswer[]) => scriptOf(token).next(...answers),
    stop() {
      for (const session of sessions) session.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
