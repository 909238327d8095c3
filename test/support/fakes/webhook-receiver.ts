import { Script, startHttpFake } from './http-fake.ts';

export type ReceiverMode =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Answers 200 after so long. */
  | { slowMilliseconds: number }
  /** Takes the request and never answers. */
  | 'hang'
  /** Sends the head of an answer and a body that never ends. */
  | 'drip';

/** A server that somebody else has for our webhooks: it answers with any status, slowly, or never. */
export async function startWebhookReceiver() {
  const script = new Script<ReceiverMode>({ status: 200 });
  const timers = new Set<NodeJS.Timeout>();
  const always = new Map<string, ReceiverMode>();
  const server = await startHttpFake((request, response) => {
    const mode = always.get(request.path) ?? script.take();
    if (mode === 'hang') return;
    if (mode === 'drip') {
      response.writeHead(200);
      timers.add(setInterval(() => response.write('x'.repeat(10_000)), 5));
      return;
    }
    if ('status' in mode) response.writeHead(mode.status, mode.headers).end(mode.body ?? '');
    else timers.add(setTimeout(() => response.writeHead(200).end(), mode.slowMilliseconds));
  });
  return {
    url: server.url,
    log: server.log,
    next: (...modes: ReceiverMode[]) => script.next(...modes),
    /** What a path does with every request from now on. */
    on: (path: string, mode: ReceiverMode) => void always.set(path, mode),
    stop() {
      for (const timer of timers) clearTimeout(timer);
      return server.stop();
    },
  };
}
