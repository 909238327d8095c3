-- Until when holds have been swept, for processes that start: without it each would look at every hold that there ever was.
create table hold_sweep_mark (
  only_row boolean primary key default true check (only_row),
  swept_until timestamptz not null
);
insert into hold_sweep_mark (swept_until) select least(now(), min(expires_at)) from holds where state = 'live';
