import { isUuid } from '../base/ids.ts';
import { messageChannels, messageKinds, type MessageChannel, type MessageKind } from './message-kind.ts';

/** One message: the primary key of `messages`. */
export type MessageKey = {
  tenantId: number;
  transactionId: string;
  channel: MessageChannel;
  kind: MessageKind;
  /** The how-manieth message of its kind: an event may change twice. */
  occasionNo: number;
};

const maxInt4 = 2_147_483_647;
const maxInt2 = 32_767;

/** A positive whole number as it is written without leading zeros, or null. */
function readNumber(text: string | undefined, max: number): number | null {
  const value = /^[1-9]\d{0,9}$/.test(text ?? '') ? Number(text) : 0;
  return value >= 1 && value <= max ? value : null;
}

/** The name of a message towards its provider: `1.019a….sms.tickets.1`, of letters, digits, `.`, `-` and `_`. */
export function formatMessageReference(key: MessageKey): string {
  return [key.tenantId, key.transactionId, key.channel, key.kind, key.occasionNo].join('.');
}

/** Reads a message's name, or null for a text that is none. */
export function parseMessageReference(text: string): MessageKey | null {
  const [tenant, transactionId = '', channelName, kindName, occasion, ...rest] = text.split('.');
  const tenantId = readNumber(tenant, maxInt4);
  const occasionNo = readNumber(occasion, maxInt2);
  const channel = messageChannels.find((one) => one === channelName);
  const kind = messageKinds.find((one) => one === kindName);
  if (tenantId === null || occasionNo === null || !channel || !kind || rest.length > 0) return null;
  return isUuid(transactionId) ? { tenantId, transactionId, channel, kind, occasionNo } : null;
}
