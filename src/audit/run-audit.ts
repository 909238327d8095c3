import type { Pool } from '../db/pool.ts';
import { readSnapshot, type Reader } from '../db/transaction.ts';
import { findBadTickets, findCulprits, type Finding } from './audit.store.ts';
import { invariants } from './invariants.ts';

export type AuditLine = Finding & { id: string; sentence: string };

export type AuditResult = { checked: number; violations: number; lines: AuditLine[] };

export type AuditOptions = {
  /** Only this seller; all when absent. */
  tenantId?: number;
  /** Only what concerns numbers, documents and Zs. */
  fiscalOnly?: boolean;
  /** Told each result as it is found, in words. */
  onLine?: (line: string) => void;
};

/** Checks every invariant as a transaction sees the database. */
export async function auditWithin(tx: Reader, options: AuditOptions = {}): Promise<AuditResult> {
  const tenantId = options.tenantId ?? null;
  const lines: AuditLine[] = [];
  const add = (id: string, sentence: string, finding: Finding) => {
    lines.push({ id, sentence, ...finding });
    options.onLine?.(`${id.padEnd(15)} ${String(finding.count).padStart(6)}  ${sentence}`);
    for (const culprit of finding.culprits) options.onLine?.(`${' '.repeat(24)}${culprit}`);
  };
  // Hash joins of millions of rows spill to disk, and the keys are in order already.
  await tx.query({ text: 'set local enable_hashjoin = off' });
  const fiscalOnly = options.fiscalOnly ?? false;
  for (const invariant of invariants) {
    if (fiscalOnly && !/^I(4|5|14) |^I6 document/.test(invariant.id)) continue;
    add(invariant.id, invariant.sentence, await findCulprits(tx, invariant, tenantId));
  }
  if (!fiscalOnly) {
    const tickets = await findBadTickets(tx, tenantId);
    add(
      'I7 signatures',
      "Every ticket's signature verifies against its seller's key, for its own place alone",
      tickets,
    );
  }
  return { checked: lines.length, violations: lines.reduce((sum, line) => sum + line.count, 0), lines };
}

/**
 * Checks every invariant over one REPEATABLE READ snapshot.
 * @returns how many invariants were checked and how many rows violate them.
 */
export async function runAudit(pool: Pool, options: AuditOptions = {}): Promise<AuditResult> {
  return await readSnapshot(pool, (tx) => auditWithin(tx, options));
}
