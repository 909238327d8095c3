import type { MessageKey } from './message-reference.ts';
import type { MessageState } from './message-state.ts';

/** A message as the people who look after it see it. */
export type LoggedMessage = {
  key: MessageKey;
  state: MessageState;
  recipient: string;
  subject: string;
  attempts: number;
  provider: string | null;
  providerId: string | null;
  cost: { micros: number; currency: string } | null;
  /** In words. */
  lastError: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** When it is tried next; null when it is not, or a step of its sale has it. */
  nextAttemptAt: Date | null;
  acceptedAt: Date | null;
  deliveredAt: Date | null;
  failedAt: Date | null;
};

/** One attempt at a message. */
export type MessageAttempt = {
  key: MessageKey;
  attemptNo: number;
  at: Date;
  outcome: 'accepted' | 'postponed' | 'refused';
  /** In words. */
  reason: string | null;
};

/** Whether two keys are of one message. */
export function isSameMessage(a: MessageKey, b: MessageKey): boolean {
  return (
    a.tenantId === b.tenantId &&
    a.transactionId === b.transactionId &&
    a.channel === b.channel &&
    a.kind === b.kind &&
    a.occasionNo === b.occasionNo
  );
}
