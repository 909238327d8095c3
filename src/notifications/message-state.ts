/** The states of a message in the order of SQL's `message_rank`: what is told of it later wins only when it is higher. */
export const messageStates = [
  'queued',
  'sending',
  // The provider has it.
  'accepted',
  'delivered',
  'read',
  // The provider had it and gave it back. Nothing follows this state and the next two.
  'bounced',
  'failed',
  'skipped',
] as const;
export type MessageState = (typeof messageStates)[number];

const rank: Record<MessageState, number> = {
  queued: 0,
  sending: 1,
  accepted: 2,
  delivered: 3,
  read: 4,
  bounced: 5,
  failed: 6,
  skipped: 6,
};

/**
 * The state of a message after its provider has told one: the higher of both, so that reports may come twice, late and
 * in any order. SQL's `record_message_statuses` decides by the same rule.
 */
export function messageStateAfter(current: MessageState, told: MessageState): MessageState {
  return rank[told] > rank[current] ? told : current;
}
