import type { FailOrder } from '../base/failpoint.ts';
import type { StepName } from '../base/step.ts';
import type { AppleFiles } from './apple-pass.ts';
import type { ProviderSettings } from '../notifications/channel.ts';
import type { MessageChannel, MessageKind } from '../notifications/message-kind.ts';
import type { MessageState } from '../notifications/message-state.ts';

/** Whose wallets are told of changes, and where; files are read by the thread itself. */
export type WalletSettings = {
  applePass: AppleFiles | undefined;
  googleWallet: { issuerId: string; keyFile: string } | undefined;
  services: { apnsUrl: string; googleApiUrl: string };
};

/** What the thread of the workers needs; it can be copied from one thread to another. */
export type WorkerSettings = {
  databaseUrl: string;
  secret: string;
  /** Under which people reach the shop; absent: mails have no link. */
  publicUrl: string | undefined;
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Of the addresses that mails come back to; absent: they come back to their sender. */
  bounceDomain: string | undefined;
  providers: ProviderSettings;
  wallets: WalletSettings;
  /** Lets webhooks go to this machine. */
  webhooksToLoopback: boolean;
  /** Where the server's thread tells whether confirming needs the processor (pressure.ts). */
  pressureCell: SharedArrayBuffer;
  /** Where the thread breaks, for tests. */
  failOrders: FailOrder[] | undefined;
};

/** A batch of steps that was worked on. */
export type StepBatch = {
  name: StepName;
  steps: number;
  /** How many are to be tried again. */
  again: number;
  seconds: number;
  /** Of each step that has ended: seconds since its sale was confirmed. */
  latencies: number[];
};

/** What the thread tells. */
export type WorkerNews =
  | { kind: 'ready' }
  | ({ kind: 'batch' } & StepBatch)
  | { kind: 'message'; channel: MessageChannel; message: MessageKind; state: MessageState }
  | { kind: 'memory_released' }
  | { kind: 'trouble'; message: string; fields: Record<string, unknown>; error: Error | undefined };

/** The order to finish and end. */
export type WorkerOrder = { kind: 'stop'; timeoutSeconds: number };
