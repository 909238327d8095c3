import { own, type Invariant } from './invariant.ts';

/** What must be true of those who work for sellers. */
export const staffInvariants: readonly Invariant[] = [
  {
    id: 'I19 owners',
    sentence: 'Who has an owner keeps one who is active',
    sql: `select format('seller %s', s.tenant_id) as culprit
            from staff s where ${own('s')} and s.role in ('owner', 'administrator')
           group by s.tenant_id having bool_and(s.deactivated_at is not null)`,
  },
];
