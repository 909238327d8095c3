/** What one buyer does in a load: the calls follow one another on one connection. */
export type Journey =
  /** The inputs are hold tokens; each is confirmed. */
  | 'confirm'
  /** The inputs are bodies of `POST /sales/holds`; each hold that is placed is confirmed. */
  | 'hold,confirm'
  /** The inputs are bodies of `POST /sales/holds`; each hold that is placed is released, which is not timed. */
  | 'hold,release';

/** A load for the process of bench/load.ts. It ends when its time is over or its inputs are used up. */
export type LoadJob = {
  /** The ports of the servers on this machine; connections are shared out over them. */
  ports: number[];
  path: string;
  connections: number;
  /** Journeys that begin each second whatever the answers do (open loop); absent, each connection begins the next at once. */
  perSecond?: number;
  /** Not measured: what completes before this is left out. */
  warmUpSeconds: number;
  seconds: number;
  journey: Journey;
  /** Opens the event stream of each sale, as the buyer's browser does. */
  followProgress?: boolean;
  inputs: string[];
  /** Stands in the idempotency keys, so that no two loads share one. */
  name: string;
};

/** Exact percentiles of all samples, in milliseconds. */
export type Latency = { count: number; p50: number; p95: number; p99: number; max: number };

/** What the 202 of a sale said, in columns; the instants of the answers are of the shared clock, in microseconds. */
export type Acknowledged = {
  transactionIds: string[];
  fiscalNumbers: string[];
  totals: number[];
  ticketsLinks: string[];
  answeredAt: number[];
};

/** How soon progress events came, and how many streams ended without their sale's last event. */
export type Followed = { latency: Latency; cut: number };

/** What came of a load; counts and latencies are of the measured time alone, `acknowledged` is of all of it. */
export type LoadResult = {
  /** From the end of the warm-up to the end, or to the last completion where the inputs were used up. */
  measuredSeconds: number;
  /** From the start to the end, with the warm-up and what came after the measured time. */
  totalSeconds: number;
  completed: number;
  refused: number;
  failed: number;
  /** Of completed journeys; in an open loop from the instant at which the journey was due. */
  latency: Latency;
  /** Of journeys that were refused (4xx, 503). */
  refusedLatency: Latency;
  /** Of the time that open-loop journeys waited for a free connection, included in `latency`. */
  waiting: Latency;
  /** How often each status was answered, over the whole load; `-` stands for a connection that broke. */
  statuses: Record<string, number>;
  /** Journeys whose fate is unknown: the connection broke with a confirm under way. */
  inDoubt: number;
  acknowledged: Acknowledged;
  /** Null where nobody followed. */
  followed: Followed | null;
  /** Seconds from the load's start to the completion of each completed journey, ascending. */
  completions: Float64Array;
  /** Processor time of the load process itself, as a share of one core. */
  cpuShare: number;
};

/** What the load process tells while it works. */
export type LoadNews =
  | { kind: 'ready' }
  | { kind: 'progress'; completed: number; refused: number; failed: number }
  | { kind: 'result'; result: LoadResult }
  | { kind: 'failure'; message: string };
