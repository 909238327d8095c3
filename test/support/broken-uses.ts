/** Ways in which what is counted of vouchers and stages can be off, for the audit to find at seller 1. */
export const brokenUses: Record<string, string[]> = {
  'a counter that no hold has taken from': [`insert into use_counters values (1, 'voucher:1', 1, 1)`],
  'a hold that was not counted': [
    `update holds set use_keys = '{stage:1:early}', use_counts = '{2}' where tenant_id = 1 and state = 'live'`,
  ],
  'more than is allowed': [
    'alter table use_counters drop constraint use_counters_check',
    `update holds set use_keys = '{voucher:1}', use_counts = '{1}' where tenant_id = 1 and state = 'confirmed'`,
    `insert into use_counters values (1, 'voucher:1', 3, 2)`,
  ],
};
