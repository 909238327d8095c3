import pg from 'pg';

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

export type Pool = pg.Pool;
export type Client = pg.ClientBase;

// A plan for many rows that reads a few is quick as it is: compiling the search for expired holds took 300 ms of
// each second, and loading an event 860 ms instead of 120.
const noJit = '-c jit=off';

/** A pool of connections. Instants are UTC Dates, bigints are safe integers. */
export function createPool(options: { url: string; size: number; name: string }): Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    application_name: options.name,
    options: noJit,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types,
  });
  // An idle connection that the server ends is replaced at its next use.
  pool.on('error', () => {});
  return pool;
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
