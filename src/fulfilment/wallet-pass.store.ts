import type { EventKey } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { TicketAccess } from '../orders/sale-token.ts';
import { parseSerial } from './wallet-pass.ts';

/** The ticket that a pass is of. */
export type PassSubject = TicketAccess & {
  itemNo: number;
  eventId: number;
  /** Its place was given back, or the event called off. */
  isOff: boolean;
  /** Since telephones asked to be told of it; null when none has. */
  changedAt: Date | null;
};

/** The ticket that a serial number names, or null. */
export async function readPassSubject(
  reader: Reader,
  tenantId: number,
  serial: string,
): Promise<PassSubject | null> {
  const key = parseSerial(serial);
  if (!key) return null;
  const [row] = await reader.query<PassSubject & Row>({
    name: 'read-pass-subject',
    text: `select i.tenant_id as "tenantId", i.transaction_id as "transactionId", i.item_no as "itemNo",
                  x.transfer_id as "transferId", i.event_id as "eventId",
                  i.state <> 'live' or e.status = 'cancelled' as "isOff", p.changed_at as "changedAt"
             from (select $2::uuid as transaction_id, $3::smallint as item_no, null::uuid as transfer_id
                    where $2::uuid is not null
                   union all
                   select transaction_id, item_no, transfer_id from ticket_transfers
                    where tenant_id = $1 and transfer_id = $4 and accepted_at is not null) x
             join transaction_items i on i.tenant_id = $1 and i.transaction_id = x.transaction_id and i.item_no = x.item_no
             join events e on e.tenant_id = $1 and e.event_id = i.event_id
             left join apple_passes p on p.tenant_id = $1 and p.serial = $5`,
    values: [
      tenantId,
      'transactionId' in key ? key.transactionId : null,
      'itemNo' in key ? key.itemNo : null,
      'transferId' in key ? key.transferId : null,
      serial,
    ],
  });
  return row ?? null;
}

/** Notes that a telephone wants to be told of a pass. @returns whether it was not noted before. */
export async function registerPass(
  tx: Tx,
  serial: string,
  { tenantId, transactionId, itemNo, eventId }: PassSubject,
  telephone: { device: string; pushToken: string },
  now: Date,
): Promise<boolean> {
  await tx.query({
    text: `insert into apple_passes (tenant_id, serial, transaction_id, item_no, event_id, change_no, changed_at)
           values ($1, $2, $3, $4, $5, coalesce((select last_no from wallet_counters where tenant_id = $1), 0), $6)
           on conflict do nothing`,
    values: [tenantId, serial, transactionId, itemNo, eventId, now],
  });
  const [row] = await tx.query<{ isNew: boolean }>({
    text: `insert into apple_registrations (tenant_id, device, serial, push_token, registered_at)
           values ($1, $2, $3, $4, $5)
           on conflict (tenant_id, device, serial) do update set push_token = excluded.push_token
           returning xmax = 0 as "isNew"`,
    values: [tenantId, telephone.device, serial, telephone.pushToken, now],
  });
  return row?.isNew === true;
}

/** Forgets that a telephone wants to be told of a pass. */
export async function unregisterPass(
  tx: Tx,
  tenantId: number,
  device: string,
  serial: string,
): Promise<void> {
  await tx.query({
    text: 'delete from apple_registrations where tenant_id = $1 and device = $2 and serial = $3',
    values: [tenantId, device, serial],
  });
}

/** The passes of a telephone that have changed after a number, and the number to ask after next. */
export async function readChangedPasses(
  reader: Reader,
  tenantId: number,
  device: string,
  after: number,
): Promise<{ serials: string[]; last: number }> {
  const rows = await reader.query<{ serial: string; no: number }>({
    name: 'read-changed-passes',
    text: `select p.serial, p.change_no as no
             from apple_registrations r join apple_passes p on p.tenant_id = r.tenant_id and p.serial = r.serial
            where r.tenant_id = $1 and r.device = $2 and p.change_no > $3
            order by p.change_no`,
    values: [tenantId, device, after],
  });
  return { serials: rows.map((row) => row.serial), last: rows.at(-1)?.no ?? after };
}

/** Notes that somebody was led to Google with a ticket, so that Google is told of its changes. */
export async function noteGooglePass(
  tx: Tx,
  serial: string,
  pass: { tenantId: number; transactionId: string; itemNo: number; eventId: number },
  now: Date,
): Promise<void> {
  await tx.query({
    text: `insert into google_passes (tenant_id, serial, transaction_id, item_no, event_id, opened_at)
           values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    values: [pass.tenantId, serial, pass.transactionId, pass.itemNo, pass.eventId, now],
  });
}

/** A ticket of an event that somebody was led to Google with, by its serial number; null when there is none. */
export async function findGooglePass(
  reader: Reader,
  { tenantId, eventId }: EventKey,
): Promise<string | null> {
  const [row] = await reader.query<{ serial: string }>({
    name: 'find-google-pass',
    text: 'select serial from google_passes where tenant_id = $1 and event_id = $2 order by serial limit 1',
    values: [tenantId, eventId],
  });
  return row?.serial ?? null;
}

/**
 * Marks all passes of an event as changed and notes whom to tell, as the database itself does when an event's name,
 * start, venue or status changes. For changes that it cannot see, such as the venue's address.
 * @returns how many passes there are.
 */
export async function updatePasses(tx: Tx, { tenantId, eventId }: EventKey, now: Date): Promise<number> {
  const [row] = await tx.query<{ count: number }>({
    name: 'update-passes',
    text: 'select update_passes($1, $2, null, null, $3) as count',
    values: [tenantId, eventId, now],
  });
  return row?.count ?? 0;
}
