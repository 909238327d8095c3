import { limits } from '../base/limits.ts';
import { metaReason, metaState } from './meta-answer.ts';
import { parseMessageReference, type MessageKey } from './message-reference.ts';
import type { MessageState } from './message-state.ts';

type Status = {
  id?: unknown;
  status?: unknown;
  biz_opaque_callback_data?: unknown;
  errors?: { code?: unknown; title?: unknown; error_data?: { details?: unknown } }[];
};

type Message = { from?: unknown; text?: { body?: unknown }; button?: { text?: unknown } };

type Value = { statuses?: Status[]; messages?: Message[] };
type Notice = { entry?: { changes?: { value?: Value }[] }[] };

/** A list, or an empty one for whatever else stands in its place. */
const listOf = <T>(value: T[] | undefined): T[] => (Array.isArray(value) ? value : []);

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

const plain = (value: unknown, charsMax: number) =>
  textOf(value).replaceAll('\0', '').slice(0, charsMax).toWellFormed();

function valuesOf(json: unknown): (Value | undefined)[] {
  const { entry } = (json ?? {}) as Notice;
  return listOf(entry)
    .flatMap((one) => listOf(one?.changes))
    .map((change) => change?.value);
}

/**
 * Reads what people have written to our number, by keyboard or by a template's button.
 * @param json as it was sent: nothing of its shape is relied on.
 * @returns each with its sender's number in E.164.
 */
export function readMetaMessages(json: unknown): { number: string; text: string }[] {
  const messages = valuesOf(json).flatMap((value) => listOf(value?.messages));
  return messages.slice(0, limits.callbackStatusesMax).flatMap((message) => {
    const number = textOf(message?.from);
    const text = textOf(message?.text?.body) || textOf(message?.button?.text);
    return /^[1-9]\d{6,14}$/.test(number) ? [{ number: `+${number}`, text }] : [];
  });
}

/**
 * Reads the statuses of Meta's notice about messages of ours; others, and whatever else a notice tells, are left out.
 * @param json as it was sent: nothing of its shape is relied on.
 */
export function readMetaStatuses(
  json: unknown,
): { key: MessageKey; state: MessageState; reason: string | null; providerId: string }[] {
  const statuses = valuesOf(json).flatMap((value) => listOf(value?.statuses));
  return statuses.slice(0, limits.callbackStatusesMax).flatMap((status) => {
    const key = parseMessageReference(textOf(status?.biz_opaque_callback_data));
    const state = metaState(textOf(status?.status));
    if (!key || !state) return [];
    const [error] = listOf(status.errors);
    const told = plain(error?.error_data?.details ?? error?.title ?? '', 200);
    const reason = state === 'bounced' ? metaReason(Number(error?.code) || 0, told) : null;
    return [{ key, state, reason, providerId: plain(status.id ?? '', 200) }];
  });
}
