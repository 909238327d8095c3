import type { Locale } from '../base/format.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Recipient } from './recipient.ts';

/** How an address or a number is written in the list of those who want no reminders. */
export function optOutName({ channel, to }: Recipient): string {
  return channel === 'email' ? to.toLowerCase() : to;
}

/** Of these addresses and numbers of a seller's buyers, those that it no longer reminds. */
export async function readOptOuts(
  reader: Reader,
  tenantId: number,
  names: readonly string[],
): Promise<Set<string>> {
  const rows = await reader.query<Row & { recipient: string }>({
    name: 'read-opt-outs',
    text: 'select recipient from message_opt_outs where tenant_id = $1 and recipient = any ($2::text[])',
    values: [tenantId, names],
  });
  return new Set(rows.map((row) => row.recipient));
}

/** Keeps that a buyer wants no reminders at these addresses and numbers, and takes back those on their way. */
export async function optOut(tx: Tx, tenantId: number, names: readonly string[], at: Date): Promise<void> {
  await tx.query({
    text: `insert into message_opt_outs (tenant_id, recipient, created_at)
           select $1, u, $3 from unnest($2::text[]) u on conflict do nothing`,
    values: [tenantId, names, at],
  });
  await tx.query({
    text: `update messages
              set state = 'skipped', last_error = 'The buyer wants no reminders.', next_attempt_at = null, updated_at = $3
            where tenant_id = $1 and next_attempt_at is not null and state = 'queued' and kind = 'event_reminder'
              and (lower(recipient) = any ($2::text[]))`,
    values: [tenantId, names, at],
  });
}

/** Takes that back. */
export async function optIn(tx: Tx, tenantId: number, names: readonly string[]): Promise<void> {
  await tx.query({
    text: 'delete from message_opt_outs where tenant_id = $1 and recipient = any ($2::text[])',
    values: [tenantId, names],
  });
}

/**
 * Ends or begins the reminders to a telephone at every seller that has written to it.
 * @param number in E.164.
 * @returns the language in which it was last written to; null when nobody has.
 */
export async function followWish(
  tx: Tx,
  number: string,
  wish: 'stop' | 'start',
  at: Date,
): Promise<Locale | null> {
  const sellers = await tx.query<Row & { tenantId: number; locale: Locale | null }>({
    name: 'find-sellers-of-telephone',
    text: `select m.tenant_id as "tenantId", (array_agg(t.locale order by m.created_at desc))[1] as locale
             from messages m
             left join transactions t on t.tenant_id = m.tenant_id and t.transaction_id = m.transaction_id
            where m.recipient = $1 and m.channel in ('sms', 'whatsapp')
            group by m.tenant_id order by m.tenant_id`,
    values: [number],
  });
  for (const { tenantId } of sellers) {
    if (wish === 'stop') await optOut(tx, tenantId, [number], at);
    else await optIn(tx, tenantId, [number]);
  }
  return sellers.length === 0 ? null : (sellers[0]!.locale ?? 'es');
}
