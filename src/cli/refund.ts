import { Problem } from '../base/errors.ts';
import { formatMoney } from '../base/format.ts';
import { systemIds, type Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { leftByHand, type Refund, type RefundOrder } from '../cancellation/refund.ts';
import { itemNosOf } from '../cancellation/refund.schema.ts';
import { Refunder } from '../cancellation/refund-sales.job.ts';
import { readRefunds } from '../cancellation/refund.store.ts';
import { EventCache } from '../catalog/event-cache.ts';
import { createNotices } from '../db/notices.ts';
import type { Pool } from '../db/pool.ts';
import { sharedSecret } from '../db/server-secret.store.ts';
import { reader, transact } from '../db/transaction.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { commandActor } from '../identity/principal.ts';
import { formatTicketId } from '../orders/sale.ts';
import { saleLinks, type SaleKey } from '../orders/sale-token.ts';
import { CommandError, type Command, type CommandArguments, type CommandContext } from './command.ts';
import { findOneSale, readSellerOption, sellerOption, withDatabase } from './one-sale.ts';

type Options = CommandArguments['options'];

function readText(options: Options, name: 'reason' | 'note', charsMax: number): string | null {
  const text = options[name];
  if (typeof text !== 'string') return null;
  if (text.trim() === '' || text.length > charsMax)
    throw new CommandError(`--${name} takes 1 to ${charsMax} characters.`);
  return text;
}

/** What the options ask for of a sale. @throws CommandError, Problem `ticket_not_found`. */
function readOrder(sale: SaleKey, options: Options): RefundOrder {
  const reason = readText(options, 'reason', limits.refundReasonCharsMax);
  if (reason === null) throw new CommandError('say why with --reason; it stands in the books.');
  const tickets = options['ticket'] as string[] | undefined;
  const isVoid = options['void'] === true;
  if (isVoid && tickets) throw new CommandError('--void takes all of a sale back: leave --ticket out.');
  const ids = tickets?.map((one) =>
    /^\d{1,4}$/.test(one) ? formatTicketId(sale.transactionId, Number(one)) : one,
  );
  return {
    ...sale,
    kind: isVoid ? 'void' : 'refund',
    itemNos: itemNosOf(sale, ids && [...new Set(ids)]),
    feesReturned: options['keep-fees'] !== true,
    resold: options['off-sale'] !== true,
    reason,
    note: readText(options, 'note', limits.eventNoteCharsMax),
    staffId: null,
    keyDigest: null,
    bodyDigest: null,
    bulkId: null,
    exchange: null,
  };
}

/** Undoes with what the command has in place of a server: other processes hear of the places, and their sweep asks the provider. */
async function refundWith(
  pool: Pool,
  url: string,
  { config, clock, err }: CommandContext,
  order: RefundOrder,
): Promise<Refund> {
  const secret = config.secret ?? (await transact(pool, (tx) => sharedSecret(tx, 'sale_links')));
  const notices = createNotices({ url, pool });
  const events = new EventCache({ reader: reader(pool), notices, onError: (error) => err(String(error)) });
  const { publicUrl } = config;
  const refunder = new Refunder({
    pool,
    events,
    clock,
    linksOf: (tenantId, transactionId) =>
      publicUrl === undefined ? null : saleLinks(secret, publicUrl, tenantId, transactionId),
    payBack: () => {},
  });
  const refundNo = await refunder.refund(order, (tx, no) =>
    recordChange(tx, systemIds, changeOf(order, no, clock)),
  );
  await events.stop();
  await notices.close();
  return (await readRefunds(reader(pool), order)).find((one) => one.refundNo === refundNo)!;
}

function changeOf(order: RefundOrder, refundNo: number, clock: Clock) {
  const { tenantId, transactionId, kind, itemNos, feesReturned, resold, reason } = order;
  return {
    tenantId,
    at: clock.now(),
    actor: commandActor('refund'),
    verb: kind,
    object: { kind: 'sale', id: transactionId },
    after: {
      refund_no: refundNo,
      ticket_ids: itemNos?.map((no) => formatTicketId(transactionId, no)) ?? null,
      return_fees: feesReturned,
      resell: resold,
      reason,
    },
  };
}

function lines(refund: Refund): string[] {
  const money = (amount: number) => formatMoney(amount, refund.currency, 'en');
  const byHand = leftByHand(refund);
  const tickets = refund.itemNos.length;
  return [
    `${refund.kind === 'void' ? 'Voided' : 'Refunded'} ${tickets} ${tickets === 1 ? 'ticket' : 'tickets'} for ${money(refund.total)}; credit note ${refund.creditNote}.`,
    ...(refund.total > byHand
      ? [`The server has ${money(refund.total - byHand)} given back to the card.`]
      : []),
    ...(byHand > 0 ? [`${money(byHand)} is to be given back by hand.`] : []),
  ];
}

/** `taquilla refund`: a sale goes back in whole or by ticket, or is voided. */
export const refundCommand: Command = {
  name: 'refund',
  summary: 'Refund a sale in whole or by ticket, or void it, with its credit note',
  usage: 'SALE',
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'Why, for the books of the seller' },
    ticket: {
      type: 'string',
      multiple: true,
      value: 'N',
      summary: 'Only this ticket: its number or id; again for more',
    },
    void: { type: 'boolean', summary: 'Void all of it, before its fiscal day is closed' },
    note: { type: 'string', value: 'TEXT', summary: 'What the buyer is told, too' },
    'keep-fees': { type: 'boolean', summary: 'The fees do not go back' },
    'off-sale': { type: 'boolean', summary: 'The places do not go on sale again' },
    seller: sellerOption,
  },
  positionals: { min: 1, max: 1 },
  run({ options, positionals }, context) {
    return withDatabase('refund', context, async (pool, url) => {
      const sale = await findOneSale(reader(pool), positionals[0]!, readSellerOption(options));
      try {
        const refund = await refundWith(pool, url, context, readOrder(sale, options));
        for (const line of lines(refund)) context.out(line);
      } catch (error) {
        throw error instanceof Problem ? new CommandError(error.message) : error;
      }
      return 0;
    });
  },
};
