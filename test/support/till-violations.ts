import type { Pool } from '../../src/db/pool.ts';
import type { Hall } from './hall.ts';

const mine = 'tenant_id = 1';

/**
 * A till that has told of two lines: the first is the sale of number 101 of series 3, the second a conflict that keeps the
 * first of the two numbers of its own series. Its lease was given back.
 */
export async function fillTill(pool: Pool, hall: Hall): Promise<void> {
  const statements = [
    `insert into devices (tenant_id, device_no, kind, name, created_at) values ($1, 30, 'till', 'Caja', now())`,
    `insert into fiscal_series (tenant_id, series_id, prefix, padding, first_number, next_number, numbering)
     values ($1, 31, 'T-', 8, 201, 203, 'preallocated')`,
    `insert into fiscal_blocks (tenant_id, series_id, block_no, purpose, holder_id, state, first_number, last_number,
                                next_number, rest_number, leased_at, expires_at, ended_at, last_hash)
     values ($1, 31, 1, 'till', '30', 'returned', 201, 202, 202, 202, now(), now(), now(), fiscal_block_start(31::smallint, 1))`,
    `insert into tills (tenant_id, device_no, last_sequence) values ($1, 30, 2)`,
    `insert into till_leases (tenant_id, device_no, lease_id, state, event_id, series_id, block_nos, hold_id, pricing_version,
                              tax_version, document, signature, leased_at, sells_until, ended_at)
     select $1, 30, gen_random_uuid(), 'returned', event_id, 31, '{1}', hold_id, 1, 1, '{}', '', now(), now(), now()
       from holds where tenant_id = $1 and state = 'confirmed' limit 1`,
    `insert into till_records (tenant_id, device_no, sequence, line, series_id, number, transaction_id, received_at)
     select $1, 30, 1, '', series_id, number, transaction_id, now()
       from fiscal_documents where tenant_id = $1 and series_id = 3 and number = 101`,
    `insert into till_records (tenant_id, device_no, sequence, line, received_at) values ($1, 30, 2, '', now())`,
    `insert into till_conflicts (tenant_id, device_no, conflict_no, sequence, kind, detail, series_id, kept_number, created_at)
     values ($1, 30, 1, 2, 'sum_wrong', '', 31, 201, now())`,
  ];
  for (const text of statements) await pool.query(text, [hall.tenantId]);
}

/** What is done by hand to what a till has told of, and must be reported by I12 tills alone. */
export const tillViolations: Record<string, string[]> = {
  'a line that was lost': [`delete from till_records where ${mine} and sequence = 1`],
  'a till ahead of its lines': [`update tills set last_sequence = 3 where ${mine}`],
  'a line that is another sale': [
    `update till_records set transaction_id = gen_random_uuid() where ${mine} and sequence = 1`,
  ],
  'a line that was dropped': [`update till_conflicts set sequence = null where ${mine}`],
  'places of a lease that ended': [
    `update till_leases set hold_id = (select hold_id from holds where ${mine} and state = 'live' limit 1) where ${mine}`,
  ],
};

/** What is done to numbers that stand in no block. */
export const looseNumbers: Record<string, string[]> = {
  'a number that a conflict kept and forgot': [
    `update till_conflicts set series_id = null, kept_number = null where ${mine}`,
  ],
  'numbers without any document': [
    `insert into fiscal_series (tenant_id, series_id, prefix, padding, first_number, next_number) values (1, 9, 'B-', 8, 1, 5)`,
  ],
};
