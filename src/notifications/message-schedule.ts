import type { MessageKind } from './message-kind.ts';

const hour = 3_600;

/** How long a message of a kind is worth trying, in seconds from its first attempt or from when it was asked for. */
const deadlineSeconds: Record<MessageKind, number> = {
  confirmation: 24 * hour,
  tickets: 24 * hour,
  payment_received: 24 * hour,
  payment_reminder: 12 * hour,
  event_reminder: 6 * hour,
  event_changed: 72 * hour,
  event_cancelled: 72 * hour,
  refund: 72 * hour,
  ticket_offered: 24 * hour,
  ticket_accepted: 72 * hour,
};

/** A channel that cannot send for so long is given up when another can take over. */
const handOverSeconds = 900;

const delaySecondsMax = 300;
// So that what a provider has kept waiting does not come back all at once.
const spread = 0.2;

/**
 * When a message that was postponed is tried again.
 * @param attempts how many there have been, at least 1.
 * @param random from 0 to 1.
 * @param askedSeconds what the provider asked for, if it did; it is waited for at least.
 * @returns seconds from now.
 */
export function retryDelaySeconds(attempts: number, random: number, askedSeconds = 0): number {
  const delay = Math.min(delaySecondsMax, 2 ** Math.min(attempts, 16));
  return Math.max(askedSeconds, delay * (1 - spread + 2 * spread * random));
}

/**
 * Whether a message has been tried for long enough.
 * @param since when it was first to go.
 * @param deadlineAt until when it is worth sending.
 * @param hasNext whether another channel can take over.
 */
export function isOverdue(
  { since, deadlineAt, hasNext }: { since: Date; deadlineAt: Date; hasNext: boolean },
  now: Date,
): boolean {
  return now >= deadlineAt || (hasNext && now.getTime() >= since.getTime() + handOverSeconds * 1_000);
}

/** Until when a message that was first to go at an instant is worth sending. */
export function deadlineOf(kind: MessageKind, since: Date): Date {
  return new Date(since.getTime() + deadlineSeconds[kind] * 1_000);
}
