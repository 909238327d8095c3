import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createPool } from '../../src/db/pool.ts';
import type { Bench } from './bench.ts';
import { createHall } from './hall.ts';
import { Samples } from '../load/samples.ts';
import { round, type ResultRow } from './result.ts';

const tpcBScale = 20;
const saleScript = path.join(import.meta.dirname, 'one-sale.pgbench.sql');
const salesPerSecondMax = 3_000;
const run = promisify(execFile);

/** Where pgbench is: on the path, or with a PostgreSQL that Debian installed. */
export function findPgbench(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).map((version) => path.join(debian, version, 'bin'))
    : [];
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...versions];
  return folders.map((folder) => path.join(folder, 'pgbench')).find((file) => existsSync(file));
}

/** Latencies out of pgbench's log of transactions, whose third column is microseconds. */
function readLatencies(folder: string, prefix: string): Samples {
  const samples = new Samples();
  for (const name of readdirSync(folder).filter((one) => one.startsWith(`${prefix}.`))) {
    for (const line of readFileSync(path.join(folder, name), 'utf8').split('\n')) {
      const microseconds = Number(line.split(' ')[2]);
      if (microseconds > 0) samples.add(microseconds / 1000);
    }
    rmSync(path.join(folder, name));
  }
  return samples;
}

type Order = {
  program: string;
  url: string;
  clients: number;
  seconds: number;
  script: string[];
  label: string;
};

async function measure(
  bench: Bench,
  { program, url, clients, seconds, script, label }: Order,
): Promise<ResultRow> {
  bench.progress.phase(`pgbench, ${label}, ${clients} clients`);
  const { folder } = bench.postgres;
  const flags = [
    '--no-vacuum',
    '--protocol=prepared',
    `--client=${clients}`,
    '--jobs=1',
    `--time=${seconds}`,
  ];
  const { stdout } = await run(program, [...flags, '--log', '--log-prefix=pgbench', ...script, url], {
    cwd: folder,
  });
  // A server that is busy with the connections all the while has no transactions to count.
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1] ?? 0);
  const { p50, p95, p99 } = readLatencies(folder, 'pgbench').latency();
  return {
    case: label,
    clients,
    per_second: round(perSecond),
    p50_ms: round(p50, 2),
    p95_ms: round(p95, 2),
    p99_ms: round(p99, 2),
    refused: 0,
    failed: Number(/^number of failed transactions: (\d+)/m.exec(stdout)?.[1] ?? 0),
  };
}

/** pgbench's own transaction, for those who know what their server does with it. */
export async function runTpcB(
  bench: Bench,
  program: string,
  clients: number[],
  seconds: number,
): Promise<ResultRow[]> {
  const name = 'bench_tpcb';
  const url = await bench.postgres.createDatabase(name);
  try {
    bench.progress.phase('pgbench, its own tables');
    await run(program, ['--initialize', '--quiet', `--scale=${tpcBScale}`, url]);
    const rows: ResultRow[] = [];
    for (const count of clients) {
      rows.push(
        await measure(bench, {
          program,
          url,
          clients: count,
          seconds,
          script: [],
          label: 'pgbench, TPC-B-like',
        }),
      );
    }
    return rows;
  } finally {
    await bench.postgres.dropDatabase(name);
  }
}

/** Holds whose ids are their numbers, which is all that the script of one sale can make of its own. */
const numberedHolds = `
  insert into holds (tenant_id, hold_id, event_id, expires_at, pricing_version, tax_version, quote_valid_until, net,
                     discounts, fees, taxes, total, line_zone, line_seat, line_quantity, line_unit_price, line_net,
                     line_discounts, line_fees, line_taxes, tax_rule_ids, tax_amounts)
  select 1, lpad(to_hex(n), 32, '0')::uuid, 1, now() + interval '1 day', 1, 1, 'infinity', 5000, 0, 0, 800, 5800,
         '{1,1}', array[2 * n - 1, 2 * n], '{1,1}', '{2500,2500}', '{2500,2500}', '{0,0}', '{0,0}', '{400,400}', '{1}', '{800}'
    from generate_series(1, $1::integer) n`;

const heldSeats = `
  update seat_states set state = 'held', hold_id = lpad(to_hex((seat_no + 1) / 2), 32, '0')::uuid where tenant_id = 1`;

/** The rows of one sale, a transaction each, from as many connections as there are clients. */
export async function runSaleScript(
  bench: Bench,
  program: string,
  clients: number[],
  seconds: number,
): Promise<ResultRow[]> {
  const rows: ResultRow[] = [];
  for (const count of clients) {
    const name = 'bench_one_sale';
    const url = await bench.postgres.createDatabase(name);
    const pool = createPool({ url, size: 1, name: 'taquilla bench' });
    try {
      bench.progress.phase('pgbench, one sale a transaction: holds');
      const sales = salesPerSecondMax * seconds;
      await createHall(pool, sales * 2);
      await pool.query(numberedHolds, [sales]);
      await pool.query(heldSeats);
      await pool.query('create sequence bench_order');
      const script = [`--file=${saleScript}`];
      rows.push(
        await measure(bench, {
          program,
          url,
          clients: count,
          seconds,
          script,
          label: 'pgbench, one sale a transaction',
        }),
      );
    } finally {
      await pool.end();
      await bench.postgres.dropDatabase(name);
    }
  }
  return rows;
}
