-- Adds sales, whose locks the caller holds, to the statistics, and returns those that were added: the caller ends their
-- 'statistics' steps in the same transaction. While statistics are made anew, which takes long, none is added; they are
-- left to count_sales, which waits. Lock order: transactions by key, statistics by key.
create function count_in_passing(p_tenant integer, p_transactions uuid[]) returns uuid[] language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_sales uuid[];
begin
  if not pg_try_advisory_xact_lock_shared(hashtext('statistics'), p_tenant) then
    return '{}';
  end if;
  select array_agg(s.transaction_id) into v_sales
    from steps s
   where s.tenant_id = p_tenant and s.transaction_id = any (p_transactions)
     and s.name = 'statistics' and s.state = 'pending';
  if v_sales is null then
    return '{}';
  end if;
  perform add_statistics(p_tenant, v_sales);
  return v_sales;
end $$;
