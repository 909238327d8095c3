/** Whether confirming needs the processor, as one thread of a process tells another. */
export type Pressure = {
  /** Told of each group of orders; a large one has gathered while the one before it was being committed. */
  note(orders: number): void;
  /**
   * What the worker awaits before a piece of work: the next turn of its event loop, and under pressure so long
   * that its thread takes a tenth of a processor. Whoever awaits it gets it one after another.
   */
  turn(): Promise<void>;
};

const groupOrdersMin = 16;
const lastsMilliseconds = 200;
const workShare = 0.1;
const restMillisecondsMax = 1_000;

/** What a thread knows of its time, in milliseconds, and how it rests. */
export type ThreadTime = {
  /** Of a clock that all threads of the machine share. */
  now(): number;
  /** The processor time that the thread has taken so far. */
  used(): number;
  rest(milliseconds: number): Promise<void>;
};

const threadTime: ThreadTime = {
  now: () => Number(process.hrtime.bigint()) / 1e6,
  used() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  },
  rest: (milliseconds) =>
    new Promise((resolve) => (milliseconds > 0 ? setTimeout(resolve, milliseconds) : setImmediate(resolve))),
};

/** The memory that two threads share a pressure in. */
export function createPressureCell(): SharedArrayBuffer {
  return new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
}

/** One thread's view of a pressure. */
export function openPressure(cell: SharedArrayBuffer, time: ThreadTime = threadTime): Pressure {
  const until = new Float64Array(cell);
  let usedBefore = time.used();
  let last = Promise.resolve();
  async function takeTurn(): Promise<void> {
    const used = time.used();
    const rest = ((used - usedBefore) * (1 - workShare)) / workShare;
    // What other work takes during the rest counts for the next one.
    usedBefore = used;
    await time.rest(until[0]! > time.now() ? Math.min(restMillisecondsMax, rest) : 0);
  }
  return {
    note(orders) {
      if (orders >= groupOrdersMin) until[0] = time.now() + lastsMilliseconds;
    },
    turn: () => (last = last.then(takeTurn)),
  };
}
