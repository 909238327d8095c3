-- Cash that is put into a till's drawer, or taken out of it, beside sales: change that is brought, takings that go to the
-- safe, a courier who is paid. It stands in the shift's count, and in the X and Z of its day.

create table cash_moves (
  tenant_id integer not null,
  point_no smallint not null,
  shift_no integer not null,
  move_no integer not null,
  direction text not null check (direction in ('in', 'out')),
  currency char(3) not null,
  amount bigint not null check (amount > 0),
  reason text not null,
  -- Null: the till's device.
  staff_id uuid,
  moved_at timestamptz not null,
  key_digest uuid not null,
  body_digest uuid not null,
  primary key (tenant_id, point_no, shift_no, move_no),
  foreign key (tenant_id, point_no, shift_no) references shifts
);
create unique index cash_moves_by_key on cash_moves (tenant_id, key_digest);

create trigger cash_moves_stay before update or delete on cash_moves
  for each row execute function refuse_change_of_issued();
