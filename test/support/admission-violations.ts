import type { Pool } from '../../src/db/pool.ts';
import type { Hall } from './hall.ts';

const mine = 'tenant_id = 1';
const unlocked = 'alter table scans disable trigger scans_is_append_only';

/** Ticket 1 of a sale came in and left, ticket 2 came in and was refused a second time, a third came in and was taken back. */
export async function fillDoor(pool: Pool, hall: Hall, transactionId: string): Promise<void> {
  const scan = (itemNo: number, direction: string) =>
    pool.query<{ id: string }>(
      `with made as (select gen_random_uuid() as id)
       select id, record_scan($1, $2, id, 0::smallint, $3::scan_direction, $4, $5::smallint, null, null, null, null, now(), now(),
                              'device', '1', 'Puerta') from made`,
      [hall.tenantId, hall.eventId, direction, transactionId, itemNo],
    );
  await scan(1, 'entry');
  await scan(1, 'exit');
  await scan(2, 'entry');
  await scan(2, 'entry');
  const { rows } = await scan(3, 'entry');
  await pool.query(`select undo_scan($1, $2, $3, gen_random_uuid(), now(), 'staff', '1', 'Ana')`, [
    hall.tenantId,
    hall.eventId,
    rows[0]!.id,
  ]);
}

/** One more scan of a ticket, like one that it has, with all that follows from it. */
const again = (itemNo: number, verdict: string, more: string) => [
  `insert into scans select tenant_id, '00000000-0000-7000-8000-000000000000', event_id, 7, gate_no, direction, verdict, reason, told,
          conflict, transaction_id, item_no, zone_no, other_scan_id, scanned_at, recorded_at, actor_kind, actor_id, actor_name
     from scans where ${mine} and item_no = ${itemNo} and verdict = '${verdict}'`,
  `update door_counters set last_no = 7 where ${mine}`,
  `update gate_counts set ${more} where ${mine} and zone_no = 1`,
  `update admissions set scan_id = '00000000-0000-7000-8000-000000000000' where ${mine} and item_no = ${itemNo}`,
];

/** What is done by hand to the door, and the line that must report it. */
export const admissionViolations: Record<string, Record<string, string[]>> = {
  'I17 entries': {
    'a ticket that came in twice': [
      ...again(2, 'admitted', 'entries = entries + 1'),
      `update admissions set entries = 2 where ${mine} and item_no = 2`,
    ],
    'a ticket that left twice': again(1, 'left', 'exits = exits + 1'),
  },
  'I17 admissions': {
    'a ticket that stands otherwise': [
      `update admissions set state = 'outside' where ${mine} and item_no = 2`,
    ],
    'entries that are off': [`update admissions set entries = 5 where ${mine} and item_no = 1`],
    'a ticket that was forgotten': [
      `delete from admissions where ${mine} and item_no = 2`,
      `update gate_counts set arrived = arrived - 1 where ${mine} and zone_no = 1`,
    ],
    'a ticket by a scan that was taken back': [
      `update admissions set state = 'inside', entries = 1 where ${mine} and item_no = 3`,
      `update gate_counts set arrived = arrived + 1 where ${mine} and zone_no = 2`,
    ],
  },
  'I17 scans': {
    'a counter that went on alone': [`update door_counters set last_no = 99 where ${mine}`],
    'a scan that was lost': [
      unlocked,
      `delete from scans where ${mine} and verdict = 'already_admitted'`,
      `update gate_counts set refused = 0 where ${mine} and zone_no = 1`,
    ],
    'somebody who came in without a place': [
      unlocked,
      `update scans set transaction_id = '00000000-0000-7000-8000-000000000000' where ${mine} and item_no = 2`,
      `update admissions set transaction_id = '00000000-0000-7000-8000-000000000000' where ${mine} and item_no = 2`,
    ],
  },
  'I17 counts': {
    'a count that is off': [`update gate_counts set exits = exits + 1 where ${mine} and zone_no = 1`],
    'a gate that was never counted': [`delete from gate_counts where ${mine} and zone_no = 1`],
    'arrivals that are off': [`update gate_counts set arrived = arrived + 1 where ${mine} and zone_no = 1`],
  },
};
