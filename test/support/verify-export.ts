import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { exportFiscalCommand } from '../../src/cli/export-fiscal.ts';
import { runCommand } from './run-command.ts';

/** Runs the accountant's script, which uses nothing of ours, on a file of the export. */
export function verifyFiscalExport(file: string): Promise<{ code: number; out: string }> {
  const script = path.join(import.meta.dirname, '../../tools/verify-fiscal-export.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, file], (error, out) => resolve({ code: error ? 1 : 0, out }));
  });
}

/** Exports a seller's numbers and has the script look at them. @returns what it says; they must be sound. */
export async function exportAndVerify(databaseUrl: string, tenantId: number): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'taquilla-fiscal-'));
  try {
    const args = ['export-fiscal', String(tenantId), '--out', folder];
    const run = await runCommand([exportFiscalCommand], { DATABASE_URL: databaseUrl }, args);
    assert.equal(run.code, 0, run.err);
    const { code, out } = await verifyFiscalExport(path.join(folder, 'fiscal.jsonl'));
    assert.equal(code, 0, out);
    return out.trim();
  } finally {
    await rm(folder, { recursive: true });
  }
}
