/** Whether confirming needs the processor, as one thread of a process tells another. */
export type Pressure = {
  /** Told of each group of orders; a large one has gathered while the one before it was being committed. */
  note(orders: number): void;
  /**
   * What the worker awaits between two pieces of work: the next turn of its event loop, and under pressure so long
   * that it takes a tenth of the time.
   */
  turn(): Promise<void>;
};

const groupOrdersMin = 16;
const lastsMilliseconds = 200;
const workShare = 0.1;
const restMillisecondsMax = 1_000;

const monotonicMilliseconds = () => Number(process.hrtime.bigint()) / 1e6;

/** The memory that two threads share a pressure in. */
export function createPressureCell(): SharedArrayBuffer {
  return new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
}

/** One thread's view of a pressure. */
export function openPressure(cell: SharedArrayBuffer): Pressure {
  const until = new Float64Array(cell);
  let workedSince = monotonicMilliseconds();
  return {
    note(orders) {
      if (orders >= groupOrdersMin) until[0] = monotonicMilliseconds() + lastsMilliseconds;
    },
    async turn() {
      const now = monotonicMilliseconds();
      const worked = now - workedSince;
      const rest =
        until[0]! > now ? Math.min(restMillisecondsMax, (worked * (1 - workShare)) / workShare) : 0;
      await new Promise<void>((resolve) => (rest > 0 ? setTimeout(resolve, rest) : setImmediate(resolve)));
      workedSince = monotonicMilliseconds();
    },
  };
}
