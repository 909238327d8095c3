import { formatEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { decodeNotice } from '../catalog/availability-notice.ts';
import { availabilityChannel } from '../catalog/event-cache.ts';
import { catalogChannel } from '../catalog/event.store.ts';
import type { Notices } from '../db/notices.ts';
import { decodeProgressNotice } from './progress.ts';

const deskChannel = 'taquilla_desk';

/** What may have changed at a seller: `sales`, `event 1-3`, `bulk actions`, … A reader that knows one asks for it anew. */
export type ChangeTopic = string;

/** How far an export has come. */
export type ExportProgress = { exportId: string; rows: number; isComplete: boolean };

type Listener = { changed(topics: ChangeTopic[]): void; exported(progress: ExportProgress): void };
type Seller = { listeners: Set<Listener>; topics: Set<ChangeTopic>; exports: Map<string, ExportProgress> };

/** Tells a seller's people that something has changed, at most so often, whatever happens meanwhile. */
export class ChangeHub {
  readonly #notices: Notices;
  readonly #onError: (error: unknown) => void;
  readonly #sellers = new Map<number, Seller>();
  #subscribed: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: { notices: Notices; onError(error: unknown): void }) {
    this.#notices = deps.notices;
    this.#onError = deps.onError;
  }

  /** Calls the listener whenever there is news of a seller. @returns how to stop. */
  async watch(tenantId: number, listener: Listener): Promise<() => void> {
    await this.#subscribe();
    const seller = this.#sellers.get(tenantId) ?? {
      listeners: new Set(),
      topics: new Set(),
      exports: new Map(),
    };
    this.#sellers.set(tenantId, seller);
    seller.listeners.add(listener);
    this.#timer ??= setInterval(() => this.#push(), limits.changesPushMilliseconds).unref();
    return () => {
      seller.listeners.delete(listener);
      if (seller.listeners.size === 0 && this.#sellers.get(tenantId) === seller)
        this.#sellers.delete(tenantId);
      if (this.#sellers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Says in every process that something has changed. */
  tell(tenantId: number, topic: ChangeTopic): void {
    this.#publish(`${tenantId};${topic}`);
  }

  /** Says in every process how far an export has come. */
  tellExport(tenantId: number, { exportId, rows, isComplete }: ExportProgress): void {
    this.#publish(`${tenantId};export;${exportId};${rows};${isComplete ? 1 : 0}`);
  }

  #publish(payload: string): void {
    this.#notices.publish(deskChannel, [payload]).catch(this.#onError);
  }

  /** With the first reader, not before. */
  #subscribe(): Promise<void> {
    const onGap = () => {
      for (const seller of this.#sellers.values()) seller.topics.add('everything');
    };
    const hear = async () => {
      await this.#notices.subscribe('taquilla_progress', (text) => this.#hearProgress(text), onGap);
      await this.#notices.subscribe(availabilityChannel, (text) => this.#hearAvailability(text), onGap);
      await this.#notices.subscribe(catalogChannel, (text) => this.#hearCatalog(text), onGap);
      await this.#notices.subscribe(deskChannel, (text) => this.#hearDesk(text), onGap);
    };
    this.#subscribed ??= hear().catch((error: unknown) => {
      this.#subscribed = undefined;
      throw error;
    });
    return this.#subscribed;
  }

  #hearProgress(payload: string): void {
    const tenantId = decodeProgressNotice(payload)?.tenantId;
    if (tenantId !== undefined) this.#sellers.get(tenantId)?.topics.add('sales');
  }

  #hearAvailability(payload: string): void {
    // The notice names every place; only whose they are matters here.
    const key = decodeNotice(payload)?.key;
    if (key) this.#sellers.get(key.tenantId)?.topics.add(`event ${formatEventId(key)}`);
  }

  #hearCatalog(payload: string): void {
    const tenantId = Number(/^(\d{1,10})-\d{1,10}$/.exec(payload)?.[1]);
    this.#sellers.get(tenantId)?.topics.add(`event ${payload}`);
  }

  #hearDesk(payload: string): void {
    const [tenant, topic = '', exportId = '', rows = '', isComplete] = payload.split(';');
    const seller = this.#sellers.get(Number(tenant));
    if (topic === 'export')
      seller?.exports.set(exportId, { exportId, rows: Number(rows), isComplete: isComplete === '1' });
    else seller?.topics.add(topic);
  }

  #push(): void {
    for (const { listeners, topics, exports } of this.#sellers.values()) {
      const changed = [...topics];
      const exported = [...exports.values()];
      topics.clear();
      exports.clear();
      for (const listener of listeners) {
        if (changed.length > 0) listener.changed(changed);
        for (const progress of exported) listener.exported(progress);
      }
    }
  }
}
