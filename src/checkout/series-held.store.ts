import type { Reader } from '../db/transaction.ts';

/** A sale that has just been committed. */
type Sale = { tenantId: number; transactionId: string };

const sampleMilliseconds = 1_000;

/** How long ago, by the database's clock, the row of the series was locked for this sale's number. */
async function readSecondsSinceLock(reader: Reader, sale: Sale): Promise<number | undefined> {
  const rows = await reader.query<{ seconds: number }>({
    name: 'read-seconds-since-lock',
    text: `select extract(epoch from clock_timestamp() - issued_at)::float8 as seconds
             from fiscal_documents where tenant_id = $1 and transaction_id = $2`,
    values: [sale.tenantId, sale.transactionId],
  });
  return rows[0]?.seconds;
}

/**
 * Measures how long groups hold the row of their series, from its lock to the answer of the commit, without touching
 * their transactions: a document is stamped under the lock, so it tells when that was. One group a second is looked at.
 * @returns what is to be told of a sale of each group as soon as it is committed.
 */
export function sampleSeriesHeld(reader: Reader, onSample: (seconds: number) => void): (sale: Sale) => void {
  let next = 0;
  return (sale) => {
    const committed = performance.now();
    if (committed < next) return;
    next = committed + sampleMilliseconds;
    readSecondsSinceLock(reader, sale).then(
      (seconds) => {
        if (seconds !== undefined) onSample(Math.max(0, seconds - (performance.now() - committed) / 1_000));
      },
      () => {},
    );
  };
}
