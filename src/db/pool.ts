import pg from 'pg';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

const int8 = 20;
const int8Array = 1016;
const timestamptz = 1184;
const timestamptzArray = 1185;

function parseBigint(text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n)) throw new Error(`bigint ${text} is beyond what a number holds exactly`);
  return n;
}

/** PostgreSQL's infinity has no Date; it is ±8.64e15 ms, the ends of what a Date can be. */
function parseInstant(text: string): Date {
  if (text === 'infinity') return new Date(8.64e15);
  if (text === '-infinity') return new Date(-8.64e15);
  return new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}

// Elements of these types never need quotes, so an array's text is taken apart at its commas.
function parseArray<T>(parse: (text: string) => T) {
  return (text: string): (T | null)[] =>
    text === '{}'
      ? []
      : text
          .slice(1, -1)
          .split(',')
          .map((part) => (part === 'NULL' ? null : parse(part.replaceAll('"', ''))));
}

const parsers = new Map<number, (text: string) => unknown>([
  [int8, parseBigint],
  [int8Array, parseArray(parseBigint)],
  [timestamptz, parseInstant],
  [timestamptzArray, parseArray(parseInstant)],
]);

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => parsers.get(oid) ?? pg.types.getTypeParser(oid),
};

export type Client = pg.ClientBase;

// A plan for many rows that reads a few is quick as it is: compiling the search for expired holds took 300 ms of
// each second, and loading an event 860 ms instead of 120.
const noJit = '-c jit=off';

/** Connections of which a commit stands on the primary alone: whoever waited for its standby was told to stop. */
const unreplicated = new WeakSet<Client>();

/** Watches for the notice that such a commit comes with; its words depend on the server's language, its place does not. */
function watchReplication(client: Client): void {
  client.on('notice', ({ routine }) => {
    if (routine === 'SyncRepWaitForLSN') unreplicated.add(client);
  });
}

/**
 * @throws Error 08007 when the last commit of a connection may be gone after a fail-over: its outcome is in doubt, though the
 * server has reported success.
 */
export function requireReplicated(client: Client): void {
  if (!unreplicated.has(client)) return;
  throw Object.assign(new Error('the commit did not wait for its standby'), { code: '08007' });
}

function exhausted(): Problem {
  const detail = 'Every connection to the database is in use. Nothing was changed; try again in a moment.';
  return new Problem('overloaded', detail, { retryAfterSeconds: 1 });
}

/** A pool whose exhaustion is an answer, soon; a server that is away is another matter, and waited for longer. */
export class Pool extends pg.Pool {
  #inUse = 0;

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('acquire', () => this.#inUse++);
    this.on('release', () => this.#inUse--);
    // An idle connection that the server ends is replaced at its next use.
    this.on('error', () => {});
    // One that ends while somebody has it between two statements fails their next; unheard, it would end the process.
    this.on('connect', (client) => client.on('error', () => {}));
    this.on('connect', watchReplication);
  }

  /** Connections that somebody works with. */
  get inUse(): number {
    return this.#inUse;
  }

  get #exhausted(): boolean {
    return this.#inUse >= this.options.max;
  }

  /** @throws Problem `overloaded` when no connection becomes free in time, or too many wait for one. */
  override connect(): Promise<pg.PoolClient>;
  override connect(
    callback: (
      err: Error | undefined,
      client: pg.PoolClient | undefined,
      done: (release?: unknown) => void,
    ) => void,
  ): void;
  override connect(callback?: Parameters<pg.Pool['connect']>[0]): Promise<pg.PoolClient> | void {
    const connecting = this.#exhausted ? this.#waitForOne() : super.connect();
    if (!callback) return connecting;
    connecting.then(
      (client) => callback(undefined, client, client.release),
      (error: Error) => callback(error, undefined, () => {}),
    );
  }

  async #waitForOne(): Promise<pg.PoolClient> {
    if (this.waitingCount >= limits.connectionsWaitingMax) throw exhausted();
    const connecting = super.connect();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), limits.connectionWaitSecondsMax * 1_000);
    });
    try {
      const first = await Promise.race([connecting, late]);
      if (first !== 'late') return first;
    } finally {
      clearTimeout(timer);
    }
    if (!this.#exhausted) return await connecting;
    connecting.then(
      (client) => client.release(),
      () => {},
    );
    throw exhausted();
  }
}

type PoolOptions = {
  url: string;
  size: number;
  name: string;
  /** How long a statement may wait for a lock before it fails (55P03). Absent: as long as it takes. */
  lockSecondsMax?: number;
  /** How long a statement may take before the server ends it (57014). Absent: as long as it takes. */
  statementSecondsMax?: number;
  /**
   * How long an answer may take before its connection is given up, which is longer than `statementSecondsMax`: the server
   * hangs, or the way to it. Absent: as long as it takes.
   */
  answerSecondsMax?: number;
};

/** A pool of connections. Instants are UTC Dates, bigints are safe integers. */
export function createPool({
  url,
  size,
  name,
  lockSecondsMax = 0,
  statementSecondsMax = 0,
  answerSecondsMax = 0,
}: PoolOptions): Pool {
  return new Pool({
    connectionString: url,
    max: size,
    application_name: name,
    options: `${noJit} -c lock_timeout=${lockSecondsMax}s -c statement_timeout=${statementSecondsMax}s`,
    query_timeout: answerSecondsMax * 1_000,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: limits.connectSecondsMax * 1_000,
    keepAlive: true,
    types,
  });
}

/** One connection of its own, for LISTEN and for migrations. */
export function createClient(options: { url: string; name: string }): pg.Client {
  return new pg.Client({
    connectionString: options.url,
    application_name: options.name,
    keepAlive: true,
    types,
  });
}
