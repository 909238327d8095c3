/** Measures the parts of one answer, for the Server-Timing header that browsers show. */
export type ServerTiming = {
  /** Ends the part that runs and gives it a name. */
  mark(name: string): void;
  /** The header's value. */
  toString(): string;
};

/** Starts to measure; `now` gives milliseconds. */
export function startServerTiming(now: () => number = () => performance.now()): ServerTiming {
  const parts: string[] = [];
  let last = now();
  return {
    mark(name) {
      const at = now();
      parts.push(`${name};dur=${(at - last).toFixed(1)}`);
      last = at;
    },
    toString: () => parts.join(', '),
  };
}
