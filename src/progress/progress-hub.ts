import { limits } from '../base/limits.ts';
import type { Notices } from '../db/notices.ts';
import type { Reader } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import { decodeProgressNotice, type Progress } from './progress.ts';
import { readProgress } from './progress.store.ts';

const channel = 'taquilla_progress';
const retryMilliseconds = 500;

type Listener = (progress: Progress) => void;

/** Tells the readers of sales what happens to them. */
export type ProgressHub = {
  /**
   * Calls the listener with a sale's progress now, and again whenever there is news; the same news may come
   * twice. A change that is committed after this returned is never missed.
   * @returns how to stop.
   */
  watch(key: SaleKey, listener: Listener): Promise<() => void>;
};

type Deps = { notices: Notices; reader: Reader; onError(error: unknown): void };

class NoticedProgress implements ProgressHub {
  readonly #deps: Deps;
  readonly #watched = new Map<string, { tenantId: number; listeners: Set<Listener> }>();
  /** Sales that somebody watches and that may have news. */
  readonly #wanted = new Set<string>();
  #subscribed: Promise<void> | undefined;
  #reading = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async watch({ tenantId, transactionId }: SaleKey, listener: Listener): Promise<() => void> {
    await this.#subscribe();
    const entry = this.#watched.get(transactionId) ?? { tenantId, listeners: new Set() };
    this.#watched.set(transactionId, entry);
    entry.listeners.add(listener);
    this.#want([transactionId]);
    return () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size === 0 && this.#watched.get(transactionId) === entry) {
        this.#watched.delete(transactionId);
      }
    };
  }

  /** With the first reader, not before: a process that nobody asks for progress hears no notices. */
  #subscribe(): Promise<void> {
    const onNotice = (payload: string) => this.#want(decodeProgressNotice(payload)?.transactionIds ?? []);
    const onGap = () => this.#want([...this.#watched.keys()]);
    this.#subscribed ??= this.#deps.notices.subscribe(channel, onNotice, onGap).catch((error: unknown) => {
      this.#subscribed = undefined;
      throw error;
    });
    return this.#subscribed;
  }

  #want(transactionIds: readonly string[]): void {
    for (const id of transactionIds) if (this.#watched.has(id)) this.#wanted.add(id);
    if (this.#wanted.size > 0 && !this.#reading) void this.#readAll();
  }

  /** News that arrives during a reading is read by the next one, so that no reading is older than its news. */
  async #readAll(): Promise<void> {
    this.#reading = true;
    while (this.#wanted.size > 0) {
      const ids = [...this.#wanted].slice(0, limits.progressReadRowsMax);
      for (const id of ids) this.#wanted.delete(id);
      try {
        await this.#read(ids);
      } catch (error) {
        this.#deps.onError(error);
        for (const id of ids) if (this.#watched.has(id)) this.#wanted.add(id);
        await new Promise((resolve) => setTimeout(resolve, retryMilliseconds).unref());
      }
    }
    this.#reading = false;
  }

  async #read(transactionIds: string[]): Promise<void> {
    const byTenant = Map.groupBy(transactionIds, (id) => this.#watched.get(id)?.tenantId);
    for (const [tenantId, ids] of byTenant) {
      if (tenantId === undefined) continue;
      for (const progress of await readProgress(this.#deps.reader, tenantId, ids)) {
        for (const listener of this.#watched.get(progress.transactionId)?.listeners ?? []) listener(progress);
      }
    }
  }
}

/** Creates the hub of a process. It reads each sale once, however many watch it, and many sales together. */
export function createProgressHub(deps: Deps): ProgressHub {
  return new NoticedProgress(deps);
}
