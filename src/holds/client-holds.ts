import { Problem } from '../base/errors.ts';

/** Who holds, and how many holds alive that may be. */
export type HoldClient = { id: string; holdsMax: number };

/**
 * Counts the holds alive of each client, so that none can empty a hall. It counts what this process
 * placed: a limit on abuse, not an invariant, so it needs no query.
 */
export class ClientHolds {
  readonly #alive = new Map<string, Map<string, number>>();
  readonly #clients = new Map<string, string[]>();

  /** @throws Problem `holds_limit` when one of the clients has as many holds alive as it may. */
  check(clients: HoldClient[], now: number): void {
    for (const { id, holdsMax } of clients) {
      const holds = this.#alive.get(id);
      if (!holds || holds.size < holdsMax) continue;
      for (const [holdId, expiresAt] of holds) if (expiresAt <= now) this.drop(holdId);
      if (holds.size < holdsMax) continue;
      const retryAfterSeconds = Math.max(1, Math.ceil((Math.min(...holds.values()) - now) / 1000));
      const detail = `You have ${holds.size} holds alive, which is the most. Confirm or release one first.`;
      throw new Problem('holds_limit', detail, { retryAfterSeconds });
    }
  }

  /** Counts a hold for its clients until `expiresAt` (milliseconds since 1970). */
  add(clients: HoldClient[], holdId: string, expiresAt: number): void {
    this.#clients.set(
      holdId,
      clients.map((client) => client.id),
    );
    for (const { id } of clients) {
      let holds = this.#alive.get(id);
      if (!holds) this.#alive.set(id, (holds = new Map()));
      holds.set(holdId, expiresAt);
    }
  }

  /** Forgets a hold that has ended. */
  drop(holdId: string): void {
    for (const id of this.#clients.get(holdId) ?? []) {
      const holds = this.#alive.get(id);
      holds?.delete(holdId);
      if (holds?.size === 0) this.#alive.delete(id);
    }
    this.#clients.delete(holdId);
  }

  /** Forgets what has expired. */
  prune(now: number): void {
    for (const holds of this.#alive.values()) {
      for (const [holdId, expiresAt] of holds) if (expiresAt <= now) this.drop(holdId);
    }
  }
}
