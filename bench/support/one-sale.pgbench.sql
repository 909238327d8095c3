select nextval('bench_order') as n \gset
begin;
select * from holds where tenant_id = 1 and hold_id = lpad(to_hex(:n::bigint), 32, '0')::uuid for update;
insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id) values (1, gen_random_uuid(), gen_random_uuid(), lpad(to_hex(:n::bigint), 32, '0')::uuid);
update holds set state = 'confirmed', transaction_id = lpad(to_hex(:n::bigint), 32, '0')::uuid where tenant_id = 1 and hold_id = lpad(to_hex(:n::bigint), 32, '0')::uuid;
update seat_states set state = 'sold' where tenant_id = 1 and event_id = 1 and seat_no in (2 * :n - 1, 2 * :n);
insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, created_at, currency, net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale, customer_name, customer_email) values (1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 'processing', 1, now(), 'USD', 5000, 0, 0, 800, 5800, '{1}', '{800}', 'es', 'Ana Maria Gonzalez', 'buyer' || :n || '@bench.invalid');
insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no, net, discounts, fees, taxes, total) values (1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 1, 1, 1, 2 * :n - 1, 2500, 0, 0, 400, 2900), (1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 2, 1, 1, 2 * :n, 2500, 0, 0, 400, 2900);
insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, created_at) values (1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 1, 'cash', 'captured', 5800, 'USD', now());
insert into steps (tenant_id, transaction_id, name, updated_at) values (1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 'tickets', now()), (1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 'statistics', now()), (1, lpad(to_hex(:n::bigint), 32, '0')::uuid, 'email', now());
update fiscal_series set next_number = next_number + 1, last_issued_at = clock_timestamp() where tenant_id = 1 and series_id = 1 returning next_number - 1 as number \gset
insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash) values (1, 1, :number, lpad(to_hex(:n::bigint), 32, '0')::uuid, clock_timestamp(), 800, 5800, 'USD', sha256(:n::text::bytea));
commit;
