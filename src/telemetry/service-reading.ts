import { limits } from '../base/limits.ts';

/** The upper ends of the buckets that times are counted in; what took longer than the last is in one more. */
export const bucketMilliseconds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** What the owner promises: both times are ends of buckets, so that what kept them is counted exactly. */
export const serviceTargets = {
  confirmSeconds: 2,
  groupSeconds: 1,
  /** Of all requests, and of all minutes. */
  availability: 0.999,
} as const;

/** What a process read of itself in a minute. */
export type ServiceReading = {
  minute: Date;
  confirms: number[];
  groups: number[];
  requests: number;
  failures: number;
  ordersWaitingMax: number;
  holdsWaitingMax: number;
  connectionsWaitingMax: number;
  stepsWaitingMax: number;
};

/** How many wait at a moment. */
export type Waiting = { orders: number; holds: number; connections: number; steps: number };

const emptyBuckets = () => Array.from({ length: bucketMilliseconds.length + 1 }, () => 0);

function count(buckets: number[], seconds: number): void {
  const place = bucketMilliseconds.findIndex((end) => seconds * 1_000 <= end);
  buckets[place === -1 ? bucketMilliseconds.length : place]! += 1;
}

const confirmRoute = '/sales/checkout/confirm';

/** Gathers what a process reads of itself, minute by minute, until it is taken. */
export class ServiceMeter {
  readonly #now: () => Date;
  readonly #minutes = new Map<number, ServiceReading>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** An answered request. @param seconds from its arrival to its answer. */
  noteRequest(route: string, status: number, seconds: number): void {
    const reading = this.#reading();
    reading.requests += 1;
    if (status >= 500) reading.failures += 1;
    if (route.startsWith(confirmRoute) && status === 202) count(reading.confirms, seconds);
  }

  /** A group of orders that was decided. @param seconds in the database. */
  noteGroup(seconds: number): void {
    count(this.#reading().groups, seconds);
  }

  noteWaiting({ orders, holds, connections, steps }: Waiting): void {
    const reading = this.#reading();
    reading.ordersWaitingMax = Math.max(reading.ordersWaitingMax, orders);
    reading.holdsWaitingMax = Math.max(reading.holdsWaitingMax, holds);
    reading.connectionsWaitingMax = Math.max(reading.connectionsWaitingMax, connections);
    reading.stepsWaitingMax = Math.max(reading.stepsWaitingMax, steps);
  }

  /** The minutes that have ended; with `all` the present one, too. They are given once. */
  take(all = false): ServiceReading[] {
    const present = this.#minute();
    const taken = [...this.#minutes].filter(([minute]) => all || minute < present);
    for (const [minute] of taken) this.#minutes.delete(minute);
    return taken.map(([, reading]) => reading);
  }

  /** Takes back what could not be written, as far as there is room. */
  putBack(readings: readonly ServiceReading[]): void {
    for (const reading of readings) {
      const minute = reading.minute.getTime();
      if (this.#minutes.size < limits.serviceMinutesKeptMax && !this.#minutes.has(minute))
        this.#minutes.set(minute, reading);
    }
  }

  #minute(): number {
    return Math.floor(this.#now().getTime() / 60_000) * 60_000;
  }

  #reading(): ServiceReading {
    const minute = this.#minute();
    const known = this.#minutes.get(minute);
    if (known) return known;
    const reading: ServiceReading = {
      minute: new Date(minute),
      confirms: emptyBuckets(),
      groups: emptyBuckets(),
      requests: 0,
      failures: 0,
      ordersWaitingMax: 0,
      holdsWaitingMax: 0,
      connectionsWaitingMax: 0,
      stepsWaitingMax: 0,
    };
    this.#minutes.set(minute, reading);
    return reading;
  }
}

/**
 * The time below which a share of what was counted stayed, in milliseconds, by a straight line within its bucket; null
 * where nothing was counted. What is beyond the last bucket counts as its lower end.
 */
export function percentileMilliseconds(buckets: readonly number[], share: number): number | null {
  const total = buckets.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [place, n] of buckets.entries()) {
    const from = bucketMilliseconds[place - 1] ?? 0;
    const to = bucketMilliseconds[place];
    if (n > 0 && below + n >= total * share) {
      if (to === undefined) return from;
      return Math.round((from + ((to - from) * (total * share - below)) / n) * 10) / 10;
    }
    below += n;
  }
  return bucketMilliseconds.at(-1)!;
}

/** The share of what was counted that took no longer than this; null where nothing was counted. */
export function shareWithin(buckets: readonly number[], seconds: number): number | null {
  const total = buckets.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  const within = bucketMilliseconds.filter((end) => end <= seconds * 1_000).length;
  return buckets.slice(0, within).reduce((sum, n) => sum + n, 0) / total;
}
