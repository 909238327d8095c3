import { addScannerCommand } from './add-scanner.ts';
import { auditCommand } from './audit.ts';
import { createAdminCommand, createOwnerCommand } from './create-staff.ts';
import { exportFiscalCommand } from './export-fiscal.ts';
import { importPlanCommand } from './import-plan.ts';
import { setNumberingCommand } from './set-numbering.ts';
import { migrateCommand } from './migrate.ts';
import { rebuildStatisticsCommand } from './rebuild-statistics.ts';
import { refundCommand } from './refund.ts';
import { replayCommand, resendCommand } from './resend.ts';
import { seedCommand } from './seed.ts';
import { serveCommand, workCommand } from './serve.ts';
import { tillCommand } from './till.ts';
import { traceCommand } from './trace.ts';
import { verifyTicketCommand } from './verify-ticket.ts';
import type { Command } from './command.ts';

/** Every command of `taquilla`, in the order of its help. */
export const commands: readonly Command[] = [
  serveCommand,
  workCommand,
  migrateCommand,
  seedCommand,
  importPlanCommand,
  createOwnerCommand,
  createAdminCommand,
  addScannerCommand,
  setNumberingCommand,
  tillCommand,
  traceCommand,
  resendCommand,
  replayCommand,
  refundCommand,
  auditCommand,
  exportFiscalCommand,
  rebuildStatisticsCommand,
  verifyTicketCommand,
];
