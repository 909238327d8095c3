import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Door, Enrolment, ListAnswer, QueuedScan, Reason, Ticket, TicketKey } from './contract.ts';
import type { DoorList, Standing } from './decide.ts';

/** What is kept beside the list, by its name. */
export type Kept = {
  enrolment: Enrolment;
  keys: TicketKey[];
  door: Door;
  gateId: number;
  cursor: string;
  syncedAt: string;
};

interface Schema extends DBSchema {
  tickets: { key: string; value: Ticket };
  revoked: { key: string; value: { generation: number; reason: Reason } };
  standings: { key: string; value: Standing };
  queue: { key: string; value: QueuedScan };
  kept: { key: string; value: unknown };
}

const lists = ['tickets', 'revoked', 'standings'] as const;

/** What the scanner keeps in the browser's database: its enrolment, the list, and scans that wait. */
export class DoorStore {
  readonly #db: IDBPDatabase<Schema>;

  private constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  static async open(): Promise<DoorStore> {
    const db = await openDB<Schema>('taquilla-door', 1, {
      upgrade(fresh) {
        for (const name of lists) fresh.createObjectStore(name);
        fresh.createObjectStore('queue', { keyPath: 'scan_id' });
        fresh.createObjectStore('kept');
      },
    });
    // Asks that the browser does not throw scans away when the disk gets short.
    await navigator.storage?.persist?.().catch(() => false);
    return new DoorStore(db);
  }

  async read<K extends keyof Kept>(name: K): Promise<Kept[K] | undefined> {
    return (await this.#db.get('kept', name)) as Kept[K] | undefined;
  }

  async keep<K extends keyof Kept>(name: K, value: Kept[K]): Promise<void> {
    // Svelte's proxies cannot be cloned.
    await this.#db.put('kept', JSON.parse(JSON.stringify(value)), name);
  }

  async loadList(): Promise<DoorList> {
    const tx = this.#db.transaction(lists);
    const [tickets, revokedKeys, revoked, standingKeys, standings] = await Promise.all([
      tx.objectStore('tickets').getAll(),
      tx.objectStore('revoked').getAllKeys(),
      tx.objectStore('revoked').getAll(),
      tx.objectStore('standings').getAllKeys(),
      tx.objectStore('standings').getAll(),
    ]);
    return {
      tickets: new Map(tickets.map((ticket) => [ticket.ticket_id, ticket])),
      revoked: new Map(revokedKeys.map((key, i) => [key, revoked[i]!])),
      standings: new Map(standingKeys.map((key, i) => [key, standings[i]!])),
    };
  }

  /** Keeps a page of the list with its cursor, both or neither. */
  async addPage(page: ListAnswer): Promise<void> {
    const tx = this.#db.transaction([...lists, 'kept'], 'readwrite');
    for (const ticket of page.tickets) void tx.objectStore('tickets').put(ticket, ticket.ticket_id);
    for (const { ticket_id: id, generation, reason } of page.revoked)
      void tx.objectStore('revoked').put({ generation, reason }, id);
    for (const { ticket_id: id, ...standing } of page.admissions)
      void tx.objectStore('standings').put(standing, id);
    void tx.objectStore('kept').put(page.cursor, 'cursor');
    await tx.done;
  }

  /** Forgets the list, for that of another event or a fresh one. */
  async forgetList(): Promise<void> {
    const tx = this.#db.transaction([...lists, 'kept'], 'readwrite');
    for (const name of lists) void tx.objectStore(name).clear();
    void tx.objectStore('kept').delete('cursor');
    await tx.done;
  }

  async setStanding(ticketId: string, standing: Standing): Promise<void> {
    await this.#db.put('standings', standing, ticketId);
  }

  /** Keeps a scan that waits for its upload, with how its ticket stands by it, both or neither. */
  async enqueue(scan: QueuedScan, standing: { ticketId: string; value: Standing } | null): Promise<void> {
    const tx = this.#db.transaction(['queue', 'standings'], 'readwrite');
    void tx.objectStore('queue').put(scan);
    if (standing) void tx.objectStore('standings').put(standing.value, standing.ticketId);
    await tx.done;
  }

  /** The scans that wait, in the order in which they were made. */
  async readQueue(): Promise<QueuedScan[]> {
    return await this.#db.getAll('queue');
  }

  async countQueue(): Promise<number> {
    return await this.#db.count('queue');
  }

  async dequeue(scanIds: readonly string[]): Promise<void> {
    const tx = this.#db.transaction('queue', 'readwrite');
    for (const id of scanIds) void tx.store.delete(id);
    await tx.done;
  }

  /** Forgets all, as before the enrolment. */
  async clear(): Promise<void> {
    const tx = this.#db.transaction([...lists, 'queue', 'kept'], 'readwrite');
    for (const name of [...lists, 'queue', 'kept'] as const) void tx.objectStore(name).clear();
    await tx.done;
  }
}
