import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { limits } from '../base/limits.ts';
import { bounceReason, findFailure, readDeliveryStatuses } from './delivery-status.ts';
import type { MessageKey } from './message-reference.ts';
import { parseReturnPath, type ReturnPaths } from './return-path.ts';
import { TokenBucket } from './token-bucket.ts';

type Options = ReturnPaths & {
  host: string;
  /** 0: any that is free. */
  port: number;
  /** Keeps that a mail has come back. What it throws lets the sender try again. */
  onBounce(key: MessageKey, reason: string): Promise<void>;
  onError(error: unknown): void;
};

/** A listening receiver of mails that came back. */
export type BounceReceiver = { port: number; close(): Promise<void> };

const rate = { perSecond: limits.bouncesPerAddressSecond, burst: limits.bouncesPerAddressBurst };

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** Reads the beginning of a mail: the status stands before the mail that it is about, which may be long. */
async function readBeginning(stream: SMTPServerDataStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (bytes < limits.bounceReadBytesMax) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, limits.bounceReadBytesMax);
}

/** Why a mail will not arrive, as its returned mail says; null when it says no such thing, as an automatic reply does. */
async function readReason(raw: Buffer): Promise<string | null> {
  const { attachments } = await simpleParser(raw, { keepDeliveryStatus: true, skipHtmlToText: true });
  const report = attachments.find(({ contentType }) => contentType === 'message/delivery-status');
  const failure = report && findFailure(readDeliveryStatuses(report.content.toString('latin1')));
  return failure ? bounceReason(failure) : null;
}

/** Lets each address connect so often; the oldest is forgotten when there are too many. */
class Doorman {
  readonly #buckets = new Map<string, TokenBucket>();

  admits(address: string): boolean {
    const now = performance.now();
    const bucket = this.#buckets.get(address) ?? new TokenBucket(rate, now);
    this.#buckets.delete(address);
    if (this.#buckets.size >= limits.bounceAddressesMax) this.#buckets.delete([...this.#buckets.keys()][0]!);
    this.#buckets.set(address, bucket);
    return bucket.take(now, 0).granted;
  }
}

/**
 * Listens for mails that come back to the addresses of `formatReturnPath`, by SMTP. Whatever is for another address is
 * refused before it is sent, and whatever is no notice of failure is taken and forgotten; nothing is ever answered by mail.
 * @throws Error of the system when the port is taken.
 */
export async function startBounceReceiver(options: Options): Promise<BounceReceiver> {
  const doorman = new Doorman();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: limits.bounceBytesMax,
    maxClients: limits.bounceConnectionsMax,
    socketTimeout: limits.bounceSilenceSecondsMax * 1_000,
    closeTimeout: 2_000,
    onConnect({ remoteAddress }, callback) {
      callback(doorman.admits(remoteAddress) ? null : refusal(421, 'too many connections, try again later'));
    },
    onRcptTo({ address }, { envelope }, callback) {
      if (envelope.rcptTo.length >= limits.bounceRecipientsMax) callback(refusal(452, 'too many recipients'));
      else if (parseReturnPath(options, address)) callback();
      else callback(refusal(550, 'no such mailbox here'));
    },
    onData(stream, { envelope }, callback) {
      const take = async () => {
        const raw = await readBeginning(stream);
        if (stream.sizeExceeded) throw refusal(552, 'the mail is too large');
        const reason = await readReason(raw);
        if (reason === null) return;
        for (const { address } of envelope.rcptTo) {
          const key = parseReturnPath(options, address);
          if (key) await options.onBounce(key, reason);
        }
      };
      take().then(
        () => callback(),
        (error: unknown) => {
          if (typeof (error as { responseCode?: unknown }).responseCode === 'number')
            return callback(error as Error);
          options.onError(error);
          callback(refusal(451, 'not now, try again later'));
        },
      );
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
  server.removeAllListeners('error');
  // A connection that breaks is its sender's trouble, who tries again.
  server.on('error', () => {});
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
