import { Problem } from '../base/errors.ts';
import { systemIds } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { reader, transact } from '../db/transaction.ts';
import { commandActor } from '../identity/principal.ts';
import { messageChannels, type MessageChannel } from '../notifications/message-kind.ts';
import { listMessages } from '../notifications/message-log.store.ts';
import {
  formatMessageReference,
  parseMessageReference,
  type MessageKey,
} from '../notifications/message-reference.ts';
import { replayMessage, resendTickets } from '../notifications/resend-message.store.ts';
import { CommandError, type Command, type CommandArguments } from './command.ts';
import { findOneSale, readSellerOption, sellerOption, withDatabase } from './one-sale.ts';

/** What a refusal says, for the person at the terminal. */
function explain(error: unknown): never {
  throw error instanceof Problem ? new CommandError(error.message) : error;
}

function readChannel(options: CommandArguments['options']): MessageChannel {
  const channel = messageChannels.find((one) => one === options['channel']);
  if (channel) return channel;
  throw new CommandError(`--channel takes ${messageChannels.join(', ')}.`);
}

/** `taquilla resend`: a sale's tickets once more. */
export const resendCommand: Command = {
  name: 'resend',
  summary: "Send a sale's tickets once more, to another address if need be",
  usage: 'SALE',
  options: {
    channel: { type: 'string', value: 'NAME', summary: 'email, sms or whatsapp' },
    to: { type: 'string', value: 'ADDRESS', summary: "Another address or number than the buyer's" },
    'keep-address': { type: 'boolean', summary: "The sale keeps it in place of the buyer's" },
    seller: sellerOption,
  },
  positionals: { min: 1, max: 1 },
  run({ options, positionals }, context) {
    const channel = readChannel(options);
    const to = typeof options['to'] === 'string' ? options['to'] : null;
    return withDatabase('resend', context, async (pool) => {
      const sale = await findOneSale(reader(pool), positionals[0]!, readSellerOption(options));
      const asked = { ...sale, channel, to, keepsAddress: options['keep-address'] === true };
      const asking = { actor: commandActor('resend'), now: context.clock.now(), ids: systemIds };
      const key = await transact(pool, (tx) => resendTickets(tx, asked, asking)).catch(explain);
      context.out(`Queued ${formatMessageReference(key)}; the worker sends it.`);
      return 0;
    });
  },
};

function readKeys(positionals: readonly string[]): MessageKey[] {
  return positionals.map((text) => {
    const key = parseMessageReference(text);
    if (!key) throw new CommandError(`"${text}" is no message; taquilla trace prints them.`);
    return key;
  });
}

/** `taquilla replay`: messages that have failed for good once more. */
export const replayCommand: Command = {
  name: 'replay',
  summary: 'Try messages that have failed once more, or list them',
  usage: '[MESSAGE…]',
  options: {
    seller: { type: 'string', value: 'N', summary: "List what has failed of this seller's" },
    all: { type: 'boolean', summary: 'With --seller: try all of them once more' },
  },
  positionals: { min: 0, max: 100 },
  run({ options, positionals }, context) {
    const named = readKeys(positionals);
    const tenantId = readSellerOption(options);
    if (named.length === 0 && tenantId === null) {
      throw new CommandError('name messages, or a seller with --seller to see what has failed.');
    }
    return withDatabase('replay', context, async (pool) => {
      const page = { startingAfter: null, limit: limits.replayRowsMax };
      const found =
        tenantId === null ? null : await listMessages(reader(pool), tenantId, { state: 'failed' }, page);
      for (const { key, lastError } of found?.messages ?? []) {
        context.out(`${formatMessageReference(key)}  ${lastError ?? ''}`);
      }
      if (found?.hasMore) context.out(`… and more than ${limits.replayRowsMax}.`);
      const all = options['all'] === true ? (found?.messages ?? []).map((one) => one.key) : [];
      const asking = { actor: commandActor('replay'), now: context.clock.now(), ids: systemIds };
      for (const key of [...named, ...all]) {
        await transact(pool, (tx) => replayMessage(tx, key, asking)).catch(explain);
        context.out(`Queued ${formatMessageReference(key)}; the worker sends it.`);
      }
      return 0;
    });
  },
};
