const minute = 60;
const hour = 3_600;

/** The seconds after each failed attempt: ten attempts within three days. */
const delays = [
  5,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  20 * hour,
] as const;
// So that the deliveries of a receiver that comes back do not all come at once.
const spread = 0.1;

/**
 * When a delivery is tried again.
 * @param attempts how many have failed, in this round.
 * @param random from 0 to 1; spreads the delay by up to a tenth either way.
 * @param askedSeconds what the receiver asked for by Retry-After, or null; it is waited for at least.
 * @returns seconds from now, or null after the last attempt.
 */
export function retryAfter(attempts: number, random: number, askedSeconds: number | null): number | null {
  const delay = delays[attempts - 1];
  if (delay === undefined) return null;
  const spreadOut = delay * (1 - spread + 2 * spread * random);
  return Math.max(spreadOut, Math.min(askedSeconds ?? 0, 20 * hour));
}
