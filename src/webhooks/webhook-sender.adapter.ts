import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { limits } from '../base/limits.ts';
import { findUrlFault, isPublicAddress } from './webhook-address.ts';

/** What came of one attempt. Without a status there was no answer, and the reason says why. */
export type WebhookAnswer = {
  status: number | null;
  reason: string | null;
  /** The start of the body. */
  body: string;
  retryAfterSeconds: number | null;
};

export type WebhookRequest = { url: string; headers: Record<string, string>; payload: string };

export type WebhookSender = { send(request: WebhookRequest): Promise<WebhookAnswer>; close(): Promise<void> };

type Resolved = { address: string; family: number };

export type WebhookSenderOptions = {
  /** Lets endpoints be on this machine, without TLS: for tests. */
  loopbackAllowed: boolean;
  timeoutSeconds?: number;
  /** How names become addresses; the system's way unless a test says otherwise. */
  resolve?: (hostname: string) => Promise<Resolved[]>;
};

class NotAllowed extends Error {}

/** Resolves a name, looks at every address, and connects to those very addresses: what a later look-up says is moot. */
function pinnedLookup(options: WebhookSenderOptions): LookupFunction {
  const resolve = options.resolve ?? ((hostname) => systemLookup(hostname, { all: true }));
  return (hostname, lookupOptions, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        const bad = addresses.find(({ address }) => !isPublicAddress(address, options.loopbackAllowed));
        if (bad)
          callback(
            new NotAllowed(`${hostname} leads to ${bad.address}, which is not of the open internet`),
            '',
          );
        else if (!first) callback(new Error(`${hostname} leads nowhere`), '');
        else if (lookupOptions.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

/** The first bytes of a body; the rest is not waited for. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes >= limits.webhookAnswerBytesMax) break;
  }
  const text = Buffer.concat(chunks).subarray(0, limits.webhookAnswerBytesMax).toString();
  return text.replaceAll('\0', '').toWellFormed();
}

function describe(error: unknown, timeoutSeconds: number): string {
  const { name, message, code, cause } = error as Error & { code?: string };
  if (name === 'TimeoutError') return `No answer within ${timeoutSeconds} s.`;
  if (error instanceof NotAllowed || cause instanceof NotAllowed) {
    return `Not sent: ${(error instanceof NotAllowed ? error : (cause as Error)).message}.`;
  }
  return `The receiver cannot be reached: ${code ?? message}.`;
}

function readRetryAfter(header: string | string[] | undefined): number | null {
  const text = [header].flat()[0] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** Sends webhooks: no redirects, no addresses but those of the open internet, one time limit for the whole of it. */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const timeoutSeconds = options.timeoutSeconds ?? limits.webhookAnswerSecondsMax;
  const agent = new Agent({ connect: { lookup: pinnedLookup(options) }, keepAliveTimeout: 4_000 });
  return {
    async send({ url, headers, payload }) {
      const fault = findUrlFault(url, options.loopbackAllowed);
      if (fault !== null)
        return { status: null, reason: `Not sent: ${fault}`, body: '', retryAfterSeconds: null };
      try {
        const answer = await request(url, {
          dispatcher: agent,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'Taquilla-Webhooks/1', ...headers },
          body: payload,
          signal: AbortSignal.timeout(timeoutSeconds * 1_000),
        });
        const retryAfterSeconds = readRetryAfter(answer.headers['retry-after']);
        const body = await readStart(answer.body);
        return { status: answer.statusCode, reason: null, body, retryAfterSeconds };
      } catch (error) {
        return { status: null, reason: describe(error, timeoutSeconds), body: '', retryAfterSeconds: null };
      }
    },
    close: () => agent.destroy(),
  };
}
