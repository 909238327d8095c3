import type { ChannelDelivery, MessageCost } from './channel.ts';
import type { MessageState } from './message-state.ts';

/** What stands in the way, by the code of Twilio's error dictionary; the reader is the seller's support. */
const reasons: Record<number, string> = {
  21211: 'The number is not a valid one.',
  21214: 'The number cannot be reached.',
  21217: 'The number is not a valid one.',
  21408: 'Sending to this country is not switched on at Twilio.',
  21610: 'The person has asked to receive no more messages from this sender.',
  21612: 'Twilio has no way to this number from this sender.',
  21614: 'The number is not a mobile one, so it takes no SMS.',
  21617: 'The message is longer than an SMS may be.',
  30003: 'The telephone is switched off or out of reach.',
  30004: 'The number, or its owner, blocks messages of this kind.',
  30005: 'The number is unknown, or no longer in service.',
  30006: 'The number is a landline, or its network takes no SMS.',
  30007: 'The network took the message for unwanted advertising.',
  30008: 'The network did not deliver the message and does not say why.',
  63003: 'There is no WhatsApp at this number.',
  63016: 'WhatsApp takes only approved templates here, and this message is none.',
  63024: 'There is no WhatsApp at this number.',
};

/** Codes about ourselves: our account, sender or settings. The same message may go once they are mended. */
const aboutUs = new Set([20003, 20404, 21212, 21606, 21659, 21660, 21703, 63007]);

/** What an error code of Twilio means, in a sentence. */
export function twilioReason(code: number, message = ''): string {
  return reasons[code] ?? `Twilio says: ${message || 'no reason'} (error ${code}).`;
}

type Resource = { sid?: unknown; price?: unknown; price_unit?: unknown; code?: unknown; message?: unknown };

/** Twilio writes what it charges as a negative decimal, and null while it is not known. */
function costOf({ price, price_unit: currency }: Resource): MessageCost | undefined {
  if (typeof price !== 'string' || typeof currency !== 'string') return undefined;
  const micros = Math.round(Math.abs(Number(price)) * 1_000_000);
  return Number.isSafeInteger(micros) ? { micros, currency: currency.toUpperCase() } : undefined;
}

/** What Twilio's answer to a new message means. */
export function readTwilioAnswer(status: number, json: unknown): ChannelDelivery {
  const answer = (json ?? {}) as Resource;
  if (status < 300 && typeof answer.sid === 'string') {
    const cost = costOf(answer);
    return { outcome: 'accepted', providerId: answer.sid, ...(cost && { cost }) };
  }
  const code = Number(answer.code ?? 0);
  const reason = twilioReason(code, typeof answer.message === 'string' ? answer.message : `HTTP ${status}`);
  if (status === 401 || status === 403 || aboutUs.has(code)) {
    return { outcome: 'postponed', reason: `Twilio does not take messages from us: ${reason}` };
  }
  return { outcome: status >= 400 && status < 500 ? 'refused' : 'postponed', reason };
}

const states: Record<string, MessageState> = {
  accepted: 'accepted',
  scheduled: 'accepted',
  queued: 'accepted',
  sending: 'accepted',
  sent: 'accepted',
  delivered: 'delivered',
  read: 'read',
  undelivered: 'bounced',
  failed: 'bounced',
  canceled: 'bounced',
};

/** The state that a MessageStatus of Twilio means, or null for one that we do not know. */
export function twilioState(status: string): MessageState | null {
  return Object.hasOwn(states, status) ? states[status]! : null;
}
