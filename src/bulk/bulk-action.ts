import type { Actor } from '../identity/principal.ts';
import type { MessageChannel } from '../notifications/message-kind.ts';

/** What is done to each sale of a selection. */
export type BulkTerms =
  | { kind: 'resend'; channel: MessageChannel }
  | {
      kind: 'refund';
      reason: string;
      /** What the buyers are told beside the amount. */
      note: string | null;
      feesReturned: boolean;
      resold: boolean;
    };

/** One thing that is done to each sale of a selection, and who asked for it. */
export type BulkAction = {
  tenantId: number;
  bulkId: string;
  terms: BulkTerms;
  actor: Actor;
  createdAt: Date;
};

/** How far it has come. */
export type BulkProgress = BulkAction & {
  endedAt: Date | null;
  sales: number;
  done: number;
  failed: number;
  failures: { transactionId: string; code: string; detail: string }[];
};
