import { Problem } from '../base/errors.ts';
import { formatEventId, type Clock, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { readSigningKey, type SigningKey } from '../admission/ticket-key.store.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import { isOnSale } from '../catalog/event.ts';
import type { LiveEvent } from '../catalog/live-event.ts';
import type { Pool } from '../db/pool.ts';
import { isPassingError, reader, transact, type Tx } from '../db/transaction.ts';
import { leaseTillBlocks, returnTillBlocks, voidBlock } from '../fiscal/fiscal-block.store.ts';
import type { Hold } from '../holds/hold.ts';
import type { Holds } from '../holds/holds.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import type { Cart } from '../pricing/quote.ts';
import { keepFailedLine, recordLine, type LineResult, type TillLine } from './record-line.store.ts';
import { readTillBlocks, skipTo } from './till-block.store.ts';
import {
  makeOffer,
  numberAt,
  quoteOffer,
  salePlacesMax,
  signLease,
  type TillLease,
  type TillOffer,
} from './till-lease.ts';
import {
  countOpenLeases,
  endLease,
  findTillSeries,
  freeAllotment,
  hasTill,
  insertLease,
  keepHold,
  lockTill,
  readKeptLease,
  type KeptLease,
  type TillKey,
} from './till.store.ts';

type Deps = {
  pool: Pool;
  events: EventCache;
  holds: Pick<Holds, 'placeAllotment' | 'release'>;
  clock: Clock;
  ids: IdSource;
  /** Gives the steps of recorded sales to the queue; never awaited. */
  handOver(sales: { tenantId: number; transactionId: string }[]): void;
  onError(error: unknown): void;
};

/** What a till asks for. */
export type LeaseRequest = { leaseId: string; cart: Cart; numbers: number; seconds: number };

/** How a lease ends: given back by a till that has told of all its sales, or lost with it. */
export type LeaseEnd = { lastSequence: number; numbersUsed: number } | { lostReason: string };

type Series = { seriesId: number; prefix: string; padding: number };
type Offered = { live: LiveEvent; offer: TillOffer };

/** Leases to tills without a network, takes what they sold, and takes the rest back. */
export class Tills {
  readonly #deps: Deps;
  /** One lease at a time, since each takes a second connection while it has one. */
  #leasing: Promise<unknown> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @throws Problem `device_not_found`. */
  async require(key: TillKey): Promise<void> {
    if (!(await hasTill(reader(this.#deps.pool), key)))
      throw new Problem('device_not_found', 'The seller has no such till.');
  }

  /**
   * Leases numbers and places. The same lease id again gives the same lease.
   * @throws Problem `till_point_missing`, `till_series_strict`, `till_leases_limit`, `till_prices_unfit`, `sales_closed`,
   * `seat_unavailable`.
   */
  async lease(key: TillKey, live: LiveEvent, request: LeaseRequest, actor: Actor): Promise<KeptLease> {
    const { pool } = this.#deps;
    const known = await readKeptLease(reader(pool), key, request.leaseId);
    if (known) return known;
    const series = await findTillSeries(reader(pool), key);
    if (!series)
      throw new Problem('till_point_missing', 'Open a fiscal point for this till before it sells.');
    const signer = await readSigningKey(reader(pool), key.tenantId);
    if (!signer)
      throw new Problem('unavailable', 'The seller has no key to sign with.', { retryAfterSeconds: 60 });
    const leased = this.#leasing.then(() => this.#leaseNew(key, live, { request, series, signer, actor }));
    this.#leasing = leased.catch(() => {});
    return await leased;
  }

  /** Places and writes under the lock of the till, so that a request that comes again while the first is made finds it. */
  async #leaseNew(
    key: TillKey,
    asked: LiveEvent,
    made: { request: LeaseRequest; series: Series; signer: SigningKey; actor: Actor },
  ): Promise<KeptLease> {
    const { pool, holds, onError } = this.#deps;
    let placed: { hold: Hold; offered: Offered } | undefined;
    try {
      return await transact(pool, async (tx) => {
        await lockTill(tx, key);
        const known = await readKeptLease(tx, key, made.request.leaseId);
        if (known) return known;
        if ((await countOpenLeases(tx, key)) >= limits.tillLeasesMax)
          throw new Problem('till_leases_limit', 'The till has as many leases as it may: let it return one.');
        placed = await this.#place(asked, made.request.cart);
        return await this.#write(tx, key, { ...made, ...placed });
      });
    } catch (error) {
      if (placed) await holds.release(placed.offered.live, placed.hold.holdId).catch(onError);
      throw error;
    }
  }

  /**
   * Takes lines of a till's file in their order; each by itself, so that none holds up those after it.
   * @throws Problem `fiscal_day_closed`: the till keeps its lines until the next day of its point is open.
   */
  async sync(key: TillKey, lines: TillLine[]): Promise<LineResult[]> {
    const { pool, events, ids, handOver, onError } = this.#deps;
    const results: LineResult[] = [];
    for (const line of lines) {
      const result = await transact(pool, (tx) => recordLine(tx, key, line, ids.uuid())).catch(
        async (error: unknown): Promise<LineResult> => {
          if (error instanceof Problem || isPassingError(error)) throw error;
          onError(error);
          const detail = 'The server could not record the line; its log tells why.';
          await transact(pool, (tx) => keepFailedLine(tx, key, line, detail));
          return { outcome: 'conflict' };
        },
      );
      results.push(result);
      if (result.outcome === 'gap') break;
      if (result.outcome === 'conflict') continue;
      handOver([{ tenantId: key.tenantId, transactionId: result.transactionId }]);
      if (result.sold) await events.commit(result.sold, result.sold.change);
    }
    return results;
  }

  /**
   * Ends a lease: its places are on sale again, its numbers are leased to others or, when the till is lost, void.
   * Again is the same.
   * @throws Problem `till_lease_not_found`, `till_not_synced`, `fiscal_day_closed`.
   */
  async end(key: TillKey, leaseId: string, how: LeaseEnd, actor: Actor): Promise<KeptLease> {
    const { pool, events, clock, ids } = this.#deps;
    const { kept, freed } = await transact(pool, async (tx) => {
      const till = await lockTill(tx, key);
      const lease = await readKeptLease(tx, key, leaseId);
      if (!lease) throw new Problem('till_lease_not_found', `The till has no lease ${leaseId}.`);
      if (lease.state !== 'open') return { kept: lease, freed: null };
      if (!('lostReason' in how) && till.lastSequence < how.lastSequence) {
        const detail = `The till has written ${how.lastSequence} sales and told of ${till.lastSequence}: sync first.`;
        throw new Problem('till_not_synced', detail, { members: { last_sequence: till.lastSequence } });
      }
      const places = await freeAllotment(tx, key, lease);
      const left = await this.#endNumbers(tx, key, lease, how);
      const state = 'lostReason' in how ? ('lost' as const) : ('returned' as const);
      await endLease(tx, key, leaseId, state);
      await recordChange(tx, ids, {
        tenantId: key.tenantId,
        at: clock.now(),
        actor,
        verb: state === 'lost' ? 'write_off' : 'return',
        object: { kind: 'till_lease', id: leaseId },
        after: {
          device: key.deviceNo,
          numbers_left: left,
          ...('lostReason' in how && { reason: how.lostReason }),
        },
      });
      return { kept: { ...lease, state }, freed: places };
    });
    if (freed) await events.commit({ tenantId: key.tenantId, eventId: kept.eventId }, freed);
    return kept;
  }

  async #place(asked: LiveEvent, cart: Cart): Promise<{ hold: Hold; offered: Offered }> {
    const { clock, holds } = this.#deps;
    if (!isOnSale(asked.event, clock.now()))
      throw new Problem('sales_closed', `"${asked.event.name}" is not on sale now.`);
    let offered: Offered | undefined;
    const hold = await holds.placeAllotment(asked, cart, (live, at) => {
      const offer = makeOffer(live.event, cart, at);
      offered = { live, offer };
      return quoteOffer(live.event, offer);
    });
    return { hold, offered: offered! };
  }

  async #write(
    tx: Tx,
    key: TillKey,
    made: {
      request: LeaseRequest;
      series: Series;
      signer: SigningKey;
      hold: Hold;
      offered: Offered;
      actor: Actor;
    },
  ): Promise<KeptLease> {
    const { request, series, signer, hold, offered, actor } = made;
    const { event } = offered.live;
    const now = this.#deps.clock.now().getTime();
    const onSale = Math.floor((event.salesEndAt.getTime() - now) / 1_000);
    const seconds = Math.max(1, Math.min(request.seconds, onSale));
    const until = new Date(now + seconds * 1_000);
    if (!(await keepHold(tx, key.tenantId, hold.holdId, { at: until, seconds: limits.tillSyncSeconds })))
      throw new Problem('hold_expired', 'Leasing took too long. Nothing was leased; ask again.');
    const { numbers } = request;
    const { deviceNo, tenantId } = key;
    const blocks = await leaseTillBlocks(tx, { tenantId, ...series }, { deviceNo, numbers, seconds });
    if (blocks.length === 0) {
      const detail = `Series ${series.seriesId} gives its numbers one by one: set it to preallocated first.`;
      throw new Problem('till_series_strict', detail);
    }
    const { leasedAt, expiresAt: sellsUntil } = blocks[0]!;
    const document: TillLease = {
      version: 1,
      lease_id: request.leaseId,
      seller_id: key.tenantId,
      device_id: key.deviceNo,
      event_id: formatEventId(event),
      event: event.name,
      currency: event.currency,
      series: { id: series.seriesId, prefix: series.prefix, padding: series.padding },
      numbers: blocks.map(({ firstNumber, lastNumber }) => [firstNumber, lastNumber]),
      key_id: signer.keyId,
      leased_at: leasedAt.toISOString(),
      sells_until: sellsUntil.toISOString(),
      sale_places_max: salePlacesMax(event),
      ...offered.offer,
    };
    const text = JSON.stringify(document);
    const lease = {
      leaseId: request.leaseId,
      eventId: event.eventId,
      seriesId: series.seriesId,
      blockNos: blocks.map(({ blockNo }) => blockNo),
      holdId: hold.holdId,
      pricingVersion: hold.quote.pricingVersion,
      taxVersion: hold.quote.taxVersion,
      document: text,
      signature: signLease(text, signer.privateKey),
      leasedAt,
      sellsUntil,
    };
    await insertLease(tx, key, lease);
    await this.#recordLease(tx, key, document, actor);
    return { ...lease, state: 'open' };
  }

  async #recordLease(tx: Tx, key: TillKey, lease: TillLease, actor: Actor): Promise<void> {
    const places = lease.seats.length + lease.zones.reduce((sum, zone) => sum + zone.quantity, 0);
    await recordChange(tx, this.#deps.ids, {
      tenantId: key.tenantId,
      at: this.#deps.clock.now(),
      actor,
      verb: 'lease',
      object: { kind: 'till_lease', id: lease.lease_id },
      after: {
        device: key.deviceNo,
        event: lease.event_id,
        numbers: lease.numbers.map(([first, last]) => `${first}-${last}`),
        places,
        sells_until: lease.sells_until,
      },
    });
  }

  /** @returns how many numbers were left. */
  async #endNumbers(tx: Tx, key: TillKey, lease: KeptLease, how: LeaseEnd): Promise<number> {
    const { tenantId, deviceNo } = key;
    const { seriesId, blockNos } = lease;
    if ('lostReason' in how) {
      const blocks = await readTillBlocks(tx, key, lease);
      for (const { blockNo, state } of blocks)
        if (state === 'open') await voidBlock(tx, { tenantId, seriesId }, blockNo, how.lostReason);
      return blocks.reduce((sum, { last, next }) => sum + last - next + 1, 0);
    }
    const document = JSON.parse(lease.document) as TillLease;
    const next = numberAt(document, how.numbersUsed) ?? Number.MAX_SAFE_INTEGER;
    await skipTo(tx, key, lease, await readTillBlocks(tx, key, lease), { number: next, sequence: null });
    const after = await readTillBlocks(tx, key, lease);
    await returnTillBlocks(tx, tenantId, deviceNo, { seriesId, blockNos });
    return after.reduce((sum, { last, next: from }) => sum + last - from + 1, 0);
  }
}
