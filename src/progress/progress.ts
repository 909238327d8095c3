import type { Paying } from '../orders/sale.ts';
import type { StepName, StepState } from '../base/step.ts';

/** One thing that happened to a sale. Its numbers are 1, 2, 3 … without a gap. */
export type ProgressEvent = {
  no: number;
  step: StepName | 'confirmed' | 'completed';
  state: StepState;
  at: Date;
  detail: string | null;
};

/** What has happened to a sale so far, in the order of the numbers. */
export type Progress = {
  transactionId: string;
  isComplete: boolean;
  events: ProgressEvent[];
  /** How an order is paid whose money comes later: a state, not an event, so it has no number. */
  paying: Pick<Paying, 'state' | 'detail' | 'at'> | null;
};

/** What a reader who knows the events up to a number has not seen yet. */
export function eventsAfter(progress: Progress, no: number): ProgressEvent[] {
  return progress.events.filter((event) => event.no > no);
}

/** The number in a Last-Event-ID, or 0, with which everything is told, for a text that holds none. */
export function readLastEventId(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** The seller and the sales in a payload of `taquilla_progress`, or null for one that is not ours. */
export function decodeProgressNotice(payload: string): { tenantId: number; transactionIds: string[] } | null {
  const match = /^(\d{1,10}):(.+)$/.exec(payload);
  return match ? { tenantId: Number(match[1]), transactionIds: match[2]!.split(',') } : null;
}
