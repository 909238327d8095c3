import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import { noBrand } from '../notifications/brand.ts';
import { readBrand } from '../notifications/template.store.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import { isHeld } from '../orders/sale.ts';
import type { Apns, Pushed } from './apns.adapter.ts';
import { googleClass, googleObject } from './google-pass.ts';
import type { GoogleApi } from './google-wallet.adapter.ts';
import type { StepLog } from './step-lanes.job.ts';
import { findGooglePass, readPassSubject } from './wallet-pass.store.ts';
import {
  endWalletPush,
  forgetTelephone,
  postponeWalletPush,
  takeWalletPushes,
  type WalletPush,
  type WalletPushKind,
} from './wallet-push.store.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  /** Absent: nobody is told by Apple, and what is to be told waits. */
  apns: Apns | undefined;
  google: { api: GoogleApi; issuerId: string } | undefined;
  log: StepLog;
};

/** When a push that failed so often is tried again. */
function backoffMilliseconds(attempts: number): number {
  return Math.min(15_000 * 2 ** (attempts - 1), 3_600_000);
}

async function pushGoogle(
  deps: Deps,
  { api, issuerId }: NonNullable<Deps['google']>,
  { tenantId, kind, target }: WalletPush,
): Promise<Pushed> {
  const read = reader(deps.pool);
  const eventId = Number(target);
  const serial = kind === 'google_class' ? await findGooglePass(read, { tenantId, eventId }) : target;
  const subject = serial === null ? null : await readPassSubject(read, tenantId, serial);
  const sale = subject && (await readHeldTickets(read, subject));
  const item = sale?.items.find((one) => one.itemNo === subject?.itemNo);
  if (!subject || !sale || !item?.ticket) return { outcome: 'gone' };
  const brand = (await readBrand(read, tenantId))?.brand ?? noBrand;
  if (kind === 'google_class') {
    const { id, ...changes } = googleClass(issuerId, sale, brand);
    return await api.patch('eventTicketClass', id, changes);
  }
  const isValid = isHeld(sale, item) && !subject.isOff;
  const { id, ...changes } = googleObject(issuerId, sale, { ...item, ticket: item.ticket }, isValid);
  return await api.patch('eventTicketObject', id, changes);
}

async function send(deps: Deps, push: WalletPush): Promise<Pushed> {
  if (push.kind === 'apple') return await deps.apns!.push(push.target);
  return await pushGoogle(deps, deps.google!, push);
}

async function settle({ pool, clock, log }: Deps, push: WalletPush, pushed: Pushed): Promise<void> {
  await transact(pool, async (tx) => {
    if (pushed.outcome === 'failed' && push.attempts < limits.walletPushAttemptsMax) {
      const dueAt = new Date(clock.now().getTime() + backoffMilliseconds(push.attempts));
      await postponeWalletPush(tx, push, dueAt, pushed.reason);
      return;
    }
    if (pushed.outcome === 'failed') log.warn({ kind: push.kind }, `a wallet was not told: ${pushed.reason}`);
    if (pushed.outcome === 'gone' && push.kind === 'apple') {
      await forgetTelephone(tx, push.tenantId, push.target);
    }
    await endWalletPush(tx, push);
  });
}

/** Tells wallets once what is due. @returns how many were told or tried. */
export async function pushWallets(deps: Deps): Promise<number> {
  const { pool, clock, apns, google } = deps;
  const kinds: WalletPushKind[] = [
    ...(apns ? (['apple'] as const) : []),
    ...(google ? (['google_object', 'google_class'] as const) : []),
  ];
  if (kinds.length === 0) return 0;
  const now = clock.now();
  const leaseUntil = new Date(now.getTime() + limits.walletPushLeaseSeconds * 1_000);
  const batch = { max: limits.walletPushBatchMax, leaseUntil };
  const due = await transact(pool, (tx) => takeWalletPushes(tx, kinds, batch, now));
  for (const push of due) await settle(deps, push, await send(deps, push));
  return due.length;
}

/** Tells wallets again and again. @returns what ends it, after the last round. */
export function startPushingWallets(deps: Deps): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;
  let running = Promise.resolve();
  const run = () => {
    running = pushWallets(deps).then(
      () => undefined,
      (error: unknown) => deps.log.warn({ err: error }, 'wallets were not told; they will be'),
    );
    void running.then(() => {
      if (!isStopping) timer = setTimeout(run, limits.walletPushSeconds * 1_000);
    });
  };
  run();
  return async () => {
    isStopping = true;
    await running;
    clearTimeout(timer);
    deps.apns?.close();
  };
}
