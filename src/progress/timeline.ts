import { formatMoney } from '../base/format.ts';
import type { StepName } from '../base/step.ts';
import type { ScanReason, ScanVerdict } from '../admission/door.ts';
import type { Refund } from '../cancellation/refund.ts';
import { isSameMessage, type LoggedMessage, type MessageAttempt } from '../notifications/message-log.ts';
import type { MessageKey } from '../notifications/message-reference.ts';
import type { SaleNote } from '../orders/sale-note.ts';
import type { Sale } from '../orders/sale.ts';

/** What can have happened to a sale. */
export const timelineEvents = [
  'confirmed',
  'numbered',
  'paid',
  'payment',
  'tickets_ready',
  'counted',
  'step_failed',
  'step_skipped',
  'message_queued',
  'message_resent',
  'message_replayed',
  'message_postponed',
  'message_refused',
  'message_accepted',
  'message_delivered',
  'message_read',
  'message_bounced',
  'message_failed',
  'message_skipped',
  'completed',
  'undone',
  'paid_back',
  'scanned',
  'note',
] as const;
export type TimelineEvent = (typeof timelineEvents)[number];

/** One thing that happened to a sale. */
export type TimelineEntry = {
  at: Date;
  event: TimelineEvent;
  /** Which step or message it is about. */
  step?: StepName;
  message?: MessageKey;
  /** The address or number. */
  to?: string;
  attempt?: number;
  /** Who asked for it. */
  by?: string;
  detail?: string;
};

/** All that a sale's timeline is made of. */
export type TimelineParts = {
  sale: Sale;
  issuedAt: Date | null;
  payments: { at: Date; state: string; method: string; detail: string }[];
  refunds: Refund[];
  messages: LoggedMessage[];
  attempts: MessageAttempt[];
  /** What happened at the door. */
  scans: {
    at: Date;
    itemNo: number | null;
    verdict: ScanVerdict;
    reason: ScanReason | null;
    conflict: boolean;
    gateName: string | null;
    actorName: string;
  }[];
  /** Who had messages sent again. */
  asked: { at: Date; verb: string; message: MessageKey; by: string }[];
  notes: SaleNote[];
};

const detailed = (detail: string | null) => (detail === null ? {} : { detail });

function stepEntries({ sale, messages }: TimelineParts): TimelineEntry[] {
  return sale.steps.flatMap((step): TimelineEntry[] => {
    const { name, state, updatedAt: at, detail } = step;
    if (state === 'pending') return [];
    if (state === 'done' && name === 'tickets') return [{ at, event: 'tickets_ready' }];
    if (state === 'done' && name === 'statistics') return [{ at, event: 'counted' }];
    // Of a step that sends, its messages tell; of one that had none, only the step can.
    const isTold = messages.some(({ key }) => key.channel === name && key.kind === 'tickets');
    if (isTold || state === 'done') return [];
    return [{ at, event: `step_${state}`, step: name, ...detailed(detail) }];
  });
}

function messageEntries(message: LoggedMessage, attempts: readonly MessageAttempt[]): TimelineEntry[] {
  const { key, recipient: to, state, updatedAt, lastError } = message;
  const about = { message: key, to };
  const entries: TimelineEntry[] = [];
  if (key.kind !== 'tickets') entries.push({ at: message.createdAt, event: 'message_queued', ...about });
  for (const { attemptNo: attempt, at, outcome, reason } of attempts) {
    if (outcome !== 'accepted')
      entries.push({ at, event: `message_${outcome}`, ...about, attempt, ...detailed(reason) });
  }
  const { acceptedAt, deliveredAt, attempts: attempt } = message;
  if (acceptedAt) entries.push({ at: acceptedAt, event: 'message_accepted', ...about, attempt });
  if (deliveredAt) entries.push({ at: deliveredAt, event: 'message_delivered', ...about });
  if (state === 'read' || state === 'bounced' || state === 'failed' || state === 'skipped') {
    const at = message.failedAt ?? updatedAt;
    entries.push({
      at,
      event: `message_${state}`,
      ...about,
      ...detailed(state === 'read' ? null : lastError),
    });
  }
  return entries;
}

function refundEntries({
  kind,
  currency,
  total,
  creditNote,
  createdAt,
  repayments,
}: Refund): TimelineEntry[] {
  const money = (amount: number) => formatMoney(amount, currency, 'en');
  const undone = {
    at: createdAt,
    event: 'undone',
    detail: `${kind}: ${money(total)}, ${creditNote}`,
  } as const;
  const paid = repayments.flatMap(({ amount, method, exchangedFor, doneAt }): TimelineEntry[] => {
    if (doneAt === null || exchangedFor !== null) return [];
    return [{ at: doneAt, event: 'paid_back', detail: `${money(amount)} by ${method ?? 'the provider'}` }];
  });
  return [undone, ...paid];
}

function scanEntries({ scans }: TimelineParts): TimelineEntry[] {
  return scans.map(({ at, itemNo, verdict, reason, conflict, gateName, actorName: by }) => {
    const words = [`ticket ${itemNo}: ${verdict.replaceAll('_', ' ')}`];
    if (reason !== null) words.push(`(${reason.replaceAll('_', ' ')})`);
    if (gateName !== null) words.push(`at ${gateName}`);
    if (conflict) words.push('although let through without a connection');
    return { at, event: 'scanned', by, detail: words.join(' ') };
  });
}

/** A sale's timeline, from the first to the last; what happened at one moment is in the order of its causes. */
export function timelineOf(parts: TimelineParts): TimelineEntry[] {
  const { sale, issuedAt, payments, messages, attempts, asked } = parts;
  const entries: TimelineEntry[] = [{ at: sale.createdAt, event: 'confirmed' }];
  for (const { at, state, method, detail } of payments) {
    const event = state === 'captured' ? 'paid' : 'payment';
    entries.push({
      at,
      event,
      detail: event === 'paid' ? `${detail} by ${method}` : `${detail} by ${method}: ${state}`,
    });
  }
  if (issuedAt) entries.push({ at: issuedAt, event: 'numbered', ...detailed(sale.fiscalNumber) });
  entries.push(...stepEntries(parts));
  for (const { at, verb, message, by } of asked) {
    const to = messages.find((one) => isSameMessage(one.key, message))?.recipient;
    const event = verb === 'resend' ? 'message_resent' : 'message_replayed';
    entries.push({ at, event, message, by, ...(to !== undefined && { to }) });
  }
  for (const message of messages) {
    const own = attempts.filter((attempt) => isSameMessage(attempt.key, message.key));
    entries.push(...messageEntries(message, own));
  }
  if (sale.completedAt) entries.push({ at: sale.completedAt, event: 'completed' });
  entries.push(...parts.refunds.flatMap(refundEntries), ...scanEntries(parts));
  for (const { at, authorName: by, text: detail } of parts.notes)
    entries.push({ at, event: 'note', by, detail });
  return entries.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

const notForBuyers: ReadonlySet<TimelineEvent> = new Set(['counted', 'scanned', 'note']);

/** What the buyer sees: not who works for the seller, what only the seller counts or notes, nor when others went in. */
export function forBuyer(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return entries.flatMap(({ by: _, ...entry }) => (notForBuyers.has(entry.event) ? [] : [entry]));
}
