import { createClient, type Pool } from './pool.ts';

/** Notices between the processes of one database: LISTEN on a connection of its own, NOTIFY over the pool. */
export type Notices = {
  /** Calls `onNotice` with each payload, and `onGap` whenever notices may have been missed. */
  subscribe(channel: string, onNotice: (payload: string) => void, onGap: () => void): Promise<void>;
  /** Sends payloads, in order, in one statement. What fails is lost: subscribers rebuild by themselves. */
  publish(channel: string, payloads: string[]): Promise<void>;
  close(): Promise<void>;
};

type Subscriber = { onNotice: (payload: string) => void; onGap: () => void };

class ListeningNotices implements Notices {
  readonly #url: string;
  readonly #pool: Pool;
  readonly #subscribers = new Map<string, Subscriber[]>();
  #client: ReturnType<typeof createClient> | undefined;
  #connecting: Promise<void> | undefined;
  #closed = false;

  constructor(url: string, pool: Pool) {
    this.#url = url;
    this.#pool = pool;
  }

  async subscribe(channel: string, onNotice: (payload: string) => void, onGap: () => void): Promise<void> {
    const known = this.#subscribers.get(channel);
    if (known) known.push({ onNotice, onGap });
    else this.#subscribers.set(channel, [{ onNotice, onGap }]);
    if (!this.#client) await this.#connectOnce();
    else if (!known) await this.#client.query(`listen ${channel}`);
  }

  async publish(channel: string, payloads: string[]): Promise<void> {
    if (payloads.length === 0) return;
    await this.#pool.query('select pg_notify($1, p) from unnest($2::text[]) p', [channel, payloads]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end();
  }

  /** Whoever asks while a connection is being made waits for that one. */
  #connectOnce(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  /** Connects and listens to every channel; called again until it succeeds whenever the connection is lost. */
  async #connect(): Promise<void> {
    const client = createClient({ url: this.#url, name: 'taquilla notices' });
    let lost = false;
    const onLost = () => {
      if (lost || this.#closed) return;
      lost = true;
      this.#client = undefined;
      client.end().catch(() => {});
      setTimeout(() => void this.#connectOnce(), 500).unref();
    };
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', ({ channel, payload }) => {
      for (const subscriber of this.#subscribers.get(channel) ?? []) subscriber.onNotice(payload ?? '');
    });
    try {
      await client.connect();
      this.#client = client;
      for (const channel of this.#subscribers.keys()) await client.query(`listen ${channel}`);
    } catch {
      onLost();
      return;
    }
    for (const subscribers of this.#subscribers.values()) for (const { onGap } of subscribers) onGap();
  }
}

/** Creates the notices of a process; it connects with the first subscription and again after every loss. */
export function createNotices(options: { url: string; pool: Pool }): Notices {
  return new ListeningNotices(options.url, options.pool);
}
