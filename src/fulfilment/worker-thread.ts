import type { StepName } from '../base/step.ts';
import type { ProviderSettings } from '../notifications/channel.ts';
import type { MessageChannel, MessageKind } from '../notifications/message-kind.ts';
import type { MessageState } from '../notifications/message-state.ts';

/** What the thread of the workers needs; it can be copied from one thread to another. */
export type WorkerSettings = {
  databaseUrl: string;
  secret: string;
  /** Under which people reach the shop; absent: mails have no link. */
  publicUrl: string | undefined;
  smtpUrl: string | undefined;
  mailFrom: string;
  providers: ProviderSettings;
  /** Where the server's thread tells whether confirming needs the processor (pressure.ts). */
  pressureCell: SharedArrayBuffer;
};

/** What the thread tells. */
export type WorkerNews =
  | { kind: 'ready' }
  | { kind: 'batch'; name: StepName; steps: number; again: number; seconds: number }
  | { kind: 'message'; channel: MessageChannel; message: MessageKind; state: MessageState }
  | { kind: 'trouble'; message: string; fields: Record<string, unknown>; error: Error | undefined };

/** The order to finish and end. */
export type WorkerOrder = { kind: 'stop'; timeoutSeconds: number };
