/** The group that a request was in. */
export type GroupTiming = {
  /** How many requests it decided. */
  requests: number;
  /** In the database, from asking for a connection to the commit. */
  milliseconds: number;
};

/** Where the time of a request went. */
export type Timing = {
  group: GroupTiming;
  /** From the request to the end of its group, less the group's own time. */
  waitedMilliseconds: number;
};

/** @param started when the request came, in milliseconds of `performance.now()`; its group has ended just now. */
export function timingSince(started: number, group: GroupTiming): Timing {
  return { group, waitedMilliseconds: performance.now() - started - group.milliseconds };
}

/**
 * The header Server-Timing (W3C): milliseconds outside of the group and in it, and how many shared it.
 * @param what the requests are: `orders`, `holds`.
 */
export function serverTiming({ group, waitedMilliseconds }: Timing, what: string): string {
  const wait = Math.max(0, waitedMilliseconds).toFixed(1);
  return `wait;dur=${wait}, group;dur=${group.milliseconds.toFixed(1)};desc="${group.requests} ${what}"`;
}
