import { formatMoney } from '../base/format.ts';
import { reader } from '../db/transaction.ts';
import { formatMessageReference } from '../notifications/message-reference.ts';
import { readTimelineParts } from '../progress/timeline.store.ts';
import { timelineOf, type TimelineEntry } from '../progress/timeline.ts';
import type { Command } from './command.ts';
import { findOneSale, readSellerOption, sellerOption, withDatabase } from './one-sale.ts';

type Parts = NonNullable<Awaited<ReturnType<typeof readTimelineParts>>>;

/** Writes instants in a time zone, to the millisecond: `2026-11-24 12:00:00,123`. */
function clockOf(timezone: string): (at: Date) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: undefined,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
  return (at) => format.format(at);
}

function entryLine(entry: TimelineEntry, clock: (at: Date) => string): string {
  const { event, step, message, to, attempt, by, detail } = entry;
  const words = [
    event.replaceAll('_', ' '),
    step,
    message && `${message.channel} ${message.kind} ${message.occasionNo}`,
    to && `to ${to}`,
    attempt !== undefined && `attempt ${attempt}`,
    by && `by ${by}`,
  ].filter(Boolean);
  return `${clock(entry.at)}  ${words.join(' · ')}${detail === undefined ? '' : `: ${detail}`}`;
}

function headLines({ sale, timezone }: Parts): string[] {
  const { customer, event, venue } = sale;
  const buyer = [customer.name, customer.email, customer.phone].filter(Boolean).join(' · ');
  return [
    `Sale ${sale.transactionId}  ${sale.fiscalNumber ?? 'without a number'}  ${sale.status}`,
    `  Seller  ${sale.tenantId} ${sale.seller.name}`,
    `  Event   ${event.name}, ${venue.name}`,
    `  Buyer   ${buyer}`,
    `  Places  ${sale.items.length}, ${formatMoney(sale.total, sale.currency, 'en')}`,
    `  Times   ${timezone}`,
  ];
}

/** `taquilla trace`: one page with all that has happened to a sale. */
export const traceCommand: Command = {
  name: 'trace',
  summary: 'Print all that has happened to a sale: every step, message, attempt and error',
  usage: 'SALE',
  options: { seller: sellerOption },
  positionals: { min: 1, max: 1 },
  run: ({ options, positionals }, context) =>
    withDatabase('trace', context, async (pool) => {
      const { out } = context;
      const sale = await findOneSale(reader(pool), positionals[0]!, readSellerOption(options));
      const parts = (await readTimelineParts(reader(pool), sale))!;
      const clock = clockOf(parts.timezone);
      for (const line of headLines(parts)) out(line);
      out('');
      for (const entry of timelineOf(parts)) out(entryLine(entry, clock));
      if (parts.messages.length > 0) out('');
      for (const { key, state, attempts, nextAttemptAt } of parts.messages) {
        const next = nextAttemptAt ? `, next ${clock(nextAttemptAt)}` : '';
        out(`${formatMessageReference(key)}  ${state}, attempts ${attempts}${next}`);
      }
      return 0;
    }),
};
