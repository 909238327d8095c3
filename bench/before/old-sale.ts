import { createHash, randomUUID } from 'node:crypto';
import { signTicket } from '../../src/admission/ticket-code.ts';
import { readSigningKey } from '../../src/admission/ticket-key.store.ts';
import { parseHoldToken, uuidv7, type EventKey } from '../../src/base/ids.ts';
import type { Row, Tx } from '../../src/db/transaction.ts';
import { formatFiscalNumber } from '../../src/fiscal/fiscal-number.ts';
import { drawTickets } from '../../src/fulfilment/ticket-pdf.ts';
import type { Mailer } from '../../src/notifications/message.ts';
import { houseVoice } from '../../src/notifications/built-in-template.ts';
import { saleMailSubject, saleMessageId, writeSaleMail } from '../../src/notifications/sale-mail.ts';
import { readSale } from '../../src/orders/sale.store.ts';
import type { Sale } from '../../src/orders/sale.ts';

/** A confirmation as its body has it. */
export type OldOrder = { holdToken: string; name: string; email: string; key: string; body: string };

/** What the buyer is told. */
export type OldSale = { transactionId: string; fiscalNumber: string; total: number; currency: string };

/**
 * When the fiscal number is taken and the sale counted. `early`: before the tickets are drawn, which bear the number; the
 * rows of the series and of the statistics then stay locked until the mail is sent. `late`: at the very end, which a system
 * can only do whose tickets and mails do without the number.
 */
export type NumberTaken = 'early' | 'late';

type HoldRow = Row & {
  state: string;
  total: number;
  taxes: number;
  line_seat: number[];
  line_zone: number[];
};

const sender = 'tickets@bench.invalid';

function one(tx: Tx, text: string, values: unknown[]): Promise<Row | undefined> {
  return tx.query({ text, values }).then((rows) => rows[0]);
}

function digest(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Looks each thing up that the sale depends on, as an object mapper does. */
async function check(tx: Tx, key: EventKey, order: OldOrder, holdId: string): Promise<HoldRow> {
  const hold = await one(tx, 'select * from holds where tenant_id = $1 and hold_id = $2 for update', [
    key.tenantId,
    holdId,
  ]);
  if (hold?.['state'] !== 'live') throw new Error('the hold is not live');
  await one(tx, 'select * from idempotency_keys where tenant_id = $1 and key_digest = $2', [
    key.tenantId,
    digest(order.key),
  ]);
  await one(tx, 'select * from sellers where tenant_id = $1', [key.tenantId]);
  await one(tx, 'select * from events where tenant_id = $1 and event_id = $2', [key.tenantId, key.eventId]);
  return hold as HoldRow;
}

async function insertSale(
  tx: Tx,
  key: EventKey,
  order: OldOrder,
  holdId: string,
  transactionId: string,
): Promise<void> {
  await tx.query({
    text: `insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, completed_at,
                                     created_at, currency, net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts,
                                     locale, customer_name, customer_email)
           select tenant_id, $3, event_id, hold_id, 'completed', 5, clock_timestamp(), clock_timestamp(), 'USD', net,
                  discounts, fees, taxes, total, tax_rule_ids, tax_amounts, 'es', $4, $5
             from holds where tenant_id = $1 and hold_id = $2`,
    values: [key.tenantId, holdId, transactionId, order.name, order.email],
  });
  await tx.query({
    text: `update holds set state = 'confirmed', transaction_id = $3 where tenant_id = $1 and hold_id = $2`,
    values: [key.tenantId, holdId, transactionId],
  });
  await tx.query({
    text: `insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id) values ($1, $2, $3, $4)`,
    values: [key.tenantId, digest(order.key), digest(order.body), transactionId],
  });
}

/** Sells one place: its seat, zone, price and taxes are read again, then it is written. */
async function sellPlace(
  tx: Tx,
  key: EventKey,
  hold: HoldRow,
  transactionId: string,
  item: number,
): Promise<void> {
  const { tenantId, eventId } = key;
  const seatNo = hold.line_seat[item - 1];
  const zoneNo = hold.line_zone[item - 1];
  await one(tx, 'select * from seats where tenant_id = $1 and event_id = $2 and seat_no = $3', [
    tenantId,
    eventId,
    seatNo,
  ]);
  await one(tx, 'select * from zones where tenant_id = $1 and event_id = $2 and zone_no = $3', [
    tenantId,
    eventId,
    zoneNo,
  ]);
  await one(tx, 'select * from categories where tenant_id = $1 and event_id = $2 and category_no = 1', [
    tenantId,
    eventId,
  ]);
  await one(tx, 'select * from tax_rules where tenant_id = $1 and now() between valid_from and valid_until', [
    tenantId,
  ]);
  const sold = await one(
    tx,
    `update seat_states set state = 'sold'
      where tenant_id = $1 and event_id = $2 and seat_no = $3 and state = 'held' returning seat_no`,
    [tenantId, eventId, seatNo],
  );
  if (!sold) throw new Error('the seat is not held');
  await tx.query({
    text: `insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no, net, discounts, fees, taxes, total)
           select tenant_id, $3, $4::integer, event_id, line_zone[$4::integer], line_seat[$4::integer], line_net[$4::integer], 0, 0, line_taxes[$4::integer],
                  line_net[$4::integer] + line_taxes[$4::integer] from holds where tenant_id = $1 and hold_id = $2`,
    values: [tenantId, hold['hold_id'], transactionId, item],
  });
}

/** Counts one place, under the lock of its zone's row until the transaction ends. */
async function countPlace(tx: Tx, tenantId: number, transactionId: string, item: number): Promise<void> {
  await tx.query({
    text: `insert into sales_statistics as z (tenant_id, event_id, zone_no, price_stage, channel, quarter, tickets_sold, net,
                                               discounts, fees, taxes, total, updated_at, tickets_returned,
                                               taxes_returned, total_returned)
           select i.tenant_id, i.event_id, i.zone_no, '', 'web', date_bin('15 minutes', t.created_at, 'epoch'), 1, i.net,
                  0, 0, i.taxes, i.total, now(), 0, 0, 0
             from transaction_items i join transactions t using (tenant_id, transaction_id)
            where i.tenant_id = $1 and i.transaction_id = $2 and i.item_no = $3
           on conflict (tenant_id, event_id, zone_no, price_stage, channel, quarter) do update
              set tickets_sold = z.tickets_sold + 1, net = z.net + excluded.net, taxes = z.taxes + excluded.taxes,
                  total = z.total + excluded.total`,
    values: [tenantId, transactionId, item],
  });
}

/** Takes the next fiscal number, under the lock of the series' row until the transaction ends. */
async function takeNumber(tx: Tx, tenantId: number, hold: HoldRow, transactionId: string): Promise<string> {
  const series = await one(
    tx,
    'select * from fiscal_series where tenant_id = $1 and series_id = 1 for update',
    [tenantId],
  );
  const number = Number(series!['next_number']);
  await tx.query({
    text: `insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash)
     select $1, 1, $2::bigint, $3, at, $4::bigint, $5::bigint, 'USD',
            fiscal_chain_step(null, $6, fiscal_content(1::smallint, $2, $3, at, $4, $5, 'USD'))
       from (select greatest(clock_timestamp(), last_issued_at) as at
               from fiscal_series where tenant_id = $1 and series_id = 1) now`,
    values: [tenantId, number, transactionId, hold.taxes, hold.total, series!['last_hash']],
  });
  await tx.query({
    text: `update fiscal_series s set next_number = d.number + 1, last_issued_at = d.issued_at, last_hash = d.hash
             from fiscal_documents d
            where s.tenant_id = $1 and s.series_id = 1 and d.tenant_id = $1 and d.series_id = 1 and d.number = $2`,
    values: [tenantId, number],
  });
  return formatFiscalNumber(String(series!['prefix']), Number(series!['padding']), number);
}

async function makeTickets(tx: Tx, key: EventKey, transactionId: string, places: number): Promise<void> {
  const signing = (await readSigningKey(tx, key.tenantId))!;
  for (let itemNo = 1; itemNo <= places; itemNo++) {
    const claims = { ...key, transactionId, itemNo, keyId: signing.keyId };
    await tx.query({
      text: `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature) values ($1, $2, $3, $4, $5)`,
      values: [
        key.tenantId,
        transactionId,
        itemNo,
        signing.keyId,
        signTicket({ ...claims, generation: 1 }, signing.privateKey),
      ],
    });
  }
}

async function sendTickets(tx: Tx, mailer: Mailer, sale: Sale): Promise<void> {
  const { tenantId, transactionId } = sale;
  const key = { tenantId, transactionId, channel: 'email', kind: 'tickets', occasionNo: 1 } as const;
  const to = sale.customer.email ?? '';
  const message = { key, sale, to, voice: houseVoice, facts: {}, since: sale.createdAt };
  const pdf = await drawTickets(sale);
  const delivery = await mailer.deliver(writeSaleMail(message, pdf, sender, null));
  if (delivery.outcome !== 'accepted') throw new Error(`the mail was not taken: ${delivery.reason}`);
  await tx.query({
    text: `insert into messages (tenant_id, transaction_id, channel, recipient, subject, state, attempts, message_id)
           values ($1, $2, 'email', $3, $4, 'accepted', 1, $5)`,
    values: [tenantId, transactionId, message.to, saleMailSubject(message), saleMessageId(key, sender)],
  });
}

async function recordSteps(tx: Tx, tenantId: number, transactionId: string): Promise<void> {
  for (const [i, name] of ['tickets', 'email', 'statistics'].entries()) {
    await tx.query({
      text: `insert into steps (tenant_id, transaction_id, name, state, attempts, progress_event, updated_at)
             values ($1, $2, $3, 'done', 1, $4, clock_timestamp())`,
      values: [tenantId, transactionId, name, i + 2],
    });
  }
}

/**
 * Sells as the replaced system does: everything in one transaction, a query for each item and each thing, the tickets drawn
 * and the mail sent before the commit.
 */
export async function sellOldWay(
  tx: Tx,
  mailer: Mailer,
  order: OldOrder,
  taken: NumberTaken,
): Promise<OldSale> {
  const key = parseHoldToken(order.holdToken)!;
  const { tenantId, eventId, holdId } = key;
  const event = { tenantId, eventId };
  const hold = await check(tx, event, order, holdId);
  const transactionId = uuidv7(Date.now());
  await insertSale(tx, event, order, holdId, transactionId);
  const items = hold.line_seat.map((_, index) => index + 1);
  for (const item of items) await sellPlace(tx, event, hold, transactionId, item);
  await tx.query({
    text: `insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, reference, created_at)
           values ($1, $2, 1, 'cash', 'captured', $3, 'USD', $4, clock_timestamp())`,
    values: [tenantId, transactionId, hold.total, randomUUID()],
  });
  const number = async () => {
    for (const item of items) await countPlace(tx, tenantId, transactionId, item);
    return await takeNumber(tx, tenantId, hold, transactionId);
  };
  const early = taken === 'early' ? await number() : undefined;
  await makeTickets(tx, event, transactionId, hold.line_seat.length);
  await sendTickets(tx, mailer, (await readSale(tx, { tenantId, transactionId }))!);
  await recordSteps(tx, tenantId, transactionId);
  const fiscalNumber = early ?? (await number());
  return { transactionId, fiscalNumber, total: hold.total, currency: 'USD' };
}
