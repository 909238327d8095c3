import { connect, type ClientHttp2Session } from 'node:http2';
import { limits } from '../base/limits.ts';
import type { PassKeys } from './apple-pass.ts';

/** How a push went; `gone`: Apple knows the telephone no more. */
export type Pushed = { outcome: 'done' | 'gone' } | { outcome: 'failed'; reason: string };

/** Apple's push service, by the pass type's own certificate. */
export type Apns = { push(pushToken: string): Promise<Pushed>; close(): void };

const goneReasons = ['BadDeviceToken', 'Unregistered', 'DeviceTokenNotForTopic'];

function judge(status: number, body: string): Pushed {
  if (status === 200) return { outcome: 'done' };
  const reason = /"reason"\s*:\s*"(\w+)"/.exec(body)?.[1] ?? '';
  if (status === 410 || goneReasons.includes(reason)) return { outcome: 'gone' };
  return { outcome: 'failed', reason: `Apple answered ${status} ${reason}`.trim() };
}

function request(session: ClientHttp2Session, topic: string, pushToken: string): Promise<Pushed> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/3/device/${pushToken}`,
      'apns-topic': topic,
      'content-type': 'application/json',
    });
    stream.setTimeout(limits.providerAnswerSecondsMax * 1_000, () => {
      stream.close();
      reject(new Error('Apple did not answer in time'));
    });
    let status = 0;
    let body = '';
    stream.setEncoding('utf8');
    stream.on('response', (headers) => (status = headers[':status'] ?? 0));
    stream.on('data', (text: string) => (body += text.slice(0, limits.webhookAnswerBytesMax)));
    stream.on('error', reject);
    stream.on('end', () => resolve(judge(status, body)));
    // A pass's push is empty: the telephone then asks what has changed.
    stream.end('{}');
  });
}

/**
 * Opens the way to Apple's push service; the connection is made with the first push and again after it was lost.
 * @param url of the service; `http:` speaks HTTP/2 without TLS.
 */
export function openApns(url: string, keys: PassKeys): Apns {
  let session: ClientHttp2Session | undefined;
  const open = () => {
    if (session && !session.closed && !session.destroyed) return session;
    const { certificate: cert, key, passphrase } = keys;
    session = connect(url, { cert, key, ...(passphrase !== undefined && { passphrase }) });
    // A request in flight fails by itself; this keeps the process from failing with it.
    session.on('error', () => {});
    session.unref();
    return session;
  };
  return {
    async push(pushToken) {
      try {
        return await request(open(), keys.passTypeId, pushToken);
      } catch (error) {
        session?.destroy();
        return { outcome: 'failed', reason: `Apple was not reached: ${(error as Error).message}` };
      }
    },
    close: () => session?.close(),
  };
}
