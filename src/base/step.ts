/** What follows a confirmed sale; the order is the one of SQL's `step_name`. */
export const stepNames = ['tickets', 'email', 'sms', 'whatsapp', 'statistics'] as const;
export type StepName = (typeof stepNames)[number];

/** A step ends once: done, failed for good, or skipped because there was nothing to do. */
export type StepState = 'pending' | 'done' | 'failed' | 'skipped';

/** One step of one sale. */
export type StepKey = { tenantId: number; transactionId: string; name: StepName };

/**
 * How an attempt at a step went. `retry` counts as a failed attempt, and the last one allowed ends the
 * step as failed. `detail` is a sentence for the people who read the sale.
 */
export type StepReport = { transactionId: string; name: StepName } & (
  | { state: 'done' | 'skipped'; detail?: string }
  | { state: 'failed' | 'retry'; detail: string }
);

/** The steps that can be worked on now: the others need the tickets to be made, and whoever makes them counts the sale. */
export function readySteps(pending: readonly StepName[]): StepName[] {
  return pending.includes('tickets') ? ['tickets'] : [...pending];
}
