/** One invariant of docs/INVARIANTS.md: a query over one snapshot that must return no row. */
export type Invariant = {
  id: string;
  sentence: string;
  /** Returns a culprit a row, told in one text column `culprit`. $1 is a seller, or null for all of them. */
  sql: string;
};

/** Keeps the rows of the seller that is asked for, of a table by its alias. */
export const own = (alias: string) => `($1::integer is null or ${alias}.tenant_id = $1)`;

/** The sales that are paid, among them those that were undone since: an order that waits for money is none. */
export const paid = `select t.* from transactions t where ${own('t')} and t.status <> 'awaiting_payment'`;

/** A step of each sale that has it, by its name. */
export const steps = (name: string) => `select s.* from steps s where ${own('s')} and s.name = '${name}'`;
