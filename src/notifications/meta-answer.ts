import type { ChannelDelivery } from './channel.ts';
import type { MessageState } from './message-state.ts';

/** What stands in the way, by the code of Meta's Cloud API; the reader is the seller's support. */
const reasons: Record<number, string> = {
  131_005: 'Our access at Meta does not allow sending.',
  131_021: 'The number is the sender itself.',
  131_026: 'The message cannot be delivered: there is no WhatsApp at this number, or it is too old.',
  131_047: 'WhatsApp takes only approved templates here, since the person has not written for a day.',
  131_048: 'Meta holds messages of this sender back, since people have marked some as unwanted.',
  131_049: 'Meta holds the message back, since the person has had many of its kind.',
  131_056: 'This person has been sent too many messages in a short time.',
  132_000: 'The number of variables is not the one of the approved template.',
  132_001: 'There is no approved template of this name in this language.',
  132_015: 'The template has been paused by Meta.',
  132_016: 'The template has been switched off by Meta.',
};

/** Codes that pass by themselves, or once our account is mended; the message itself is sound. */
const passing = new Set([
  0, 3, 4, 10, 190, 200, 368, 80_007, 130_429, 131_000, 131_005, 131_016, 131_031, 131_042, 131_045, 131_048,
  131_056, 131_057, 132_015, 133_010,
]);

/** What an error code of Meta means, in a sentence. */
export function metaReason(code: number, message = ''): string {
  return reasons[code] ?? `Meta says: ${message || 'no reason'} (error ${code}).`;
}

type Answer = {
  messages?: { id?: unknown }[];
  error?: { code?: unknown; message?: unknown; error_data?: { details?: unknown } };
};

/** What Meta's answer to a new message means. */
export function readMetaAnswer(status: number, json: unknown): ChannelDelivery {
  const { messages, error } = (json ?? {}) as Answer;
  const id = messages?.[0]?.id;
  if (status < 300 && typeof id === 'string') return { outcome: 'accepted', providerId: id };
  const code = Number(error?.code ?? 0);
  const told = [error?.error_data?.details, error?.message].find((one) => typeof one === 'string');
  const reason = metaReason(code, told ?? `HTTP ${status}`);
  const refused =
    status >= 400 && status !== 401 && status !== 403 && error !== undefined && !passing.has(code);
  return { outcome: refused ? 'refused' : 'postponed', reason };
}

const states: Record<string, MessageState> = {
  accepted: 'accepted',
  sent: 'accepted',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'bounced',
};

/** The state that a status of Meta means, or null for one that we do not know. */
export function metaState(status: string): MessageState | null {
  return Object.hasOwn(states, status) ? states[status]! : null;
}
