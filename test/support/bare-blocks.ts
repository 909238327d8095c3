/** A block of that series. */
export const block = (number: number) => `tenant_id = 1 and series_id = 2 and block_no = ${number}`;
/** A series of numbers 1 to 5 without a sale: 1 is a till's, 2 is void, the others wait. */
export const bareBlocks = [
  `insert into fiscal_series (tenant_id, series_id, prefix, padding, first_number, next_number, numbering)
   values (1, 2, 'B-', 8, 1, 6, 'preallocated')`,
  `insert into fiscal_blocks (tenant_id, series_id, block_no, purpose, holder_id, state, first_number, last_number, next_number,
                              rest_number, from_block_no, leased_at, expires_at, ended_at, void_reason, last_hash)
   select 1, 2, b.no, 'till', '7', b.state::fiscal_block_state, b.first, b.last, b.first, b.rest, b.parent, now(), now(),
          case when b.state <> 'open' then now() end, b.reason, fiscal_block_start(2::smallint, b.no)
     from (values (1, 'returned', 1, 5, 3, null, null), (2, 'open', 1, 1, null, 1, null), (3, 'voided', 2, 2, 2, 1, 'lost'))
            b (no, state, first, last, rest, parent, reason)`,
];

/** Lets blocks say what their checks refuse. */
export const withoutChecks = [
  `do $$ declare c text; begin
     for c in select conname from pg_constraint where conrelid = 'fiscal_blocks'::regclass and contype = 'c' loop
       execute 'alter table fiscal_blocks drop constraint ' || c;
     end loop;
   end $$`,
];
