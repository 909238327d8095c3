-- Rows that change once or more soon after they are written, many on one page at a time: with half of each page free
-- their next versions stay on it and no index is touched. A confirm's holds moved to other pages more often than not,
-- which cost 330 bytes of WAL each.
alter table holds set (fillfactor = 45);
alter table transactions set (fillfactor = 50);
alter table steps set (fillfactor = 50);
alter table messages set (fillfactor = 50);
