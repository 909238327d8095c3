import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runAudit } from '../../src/audit/run-audit.ts';
import { formatEventId, formatSeatId, formatZoneId } from '../../src/base/ids.ts';
import { addFiscalPoint } from '../../src/catalog/seller.store.ts';
import { tillCommand } from '../../src/cli/till.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { setNumbering } from '../../src/fiscal/fiscal-series.store.ts';
import { TillFolder } from '../../src/tills/till-folder.adapter.ts';
import { createTestDatabase } from './database.ts';
import { createHall, type Hall } from './hall.ts';
import { createHttpClient, type Answer } from './http-client.ts';
import { signedIn, type Browser } from './identity.ts';
import { runCommand, type CommandRun } from './run-command.ts';
import { startServer, type TestServer } from './server.ts';

/** A till with a folder of its own. */
export type TestTill = {
  deviceNo: number;
  seriesId: number;
  dir: string;
  token(): string;
  /** Runs `taquilla till` in its folder. */
  run(...args: string[]): Promise<CommandRun>;
  /** The same, and it must succeed. */
  do(...args: string[]): Promise<string>;
  /** Sends as the till's device. */
  send(method: string, where: string, body?: unknown): Promise<Answer>;
};

/** A seller with an owner, a server with its workers that can be stopped, and tills. */
export type TillHall = Hall & {
  pool: Pool;
  databaseUrl: string;
  owner: Browser;
  client: ReturnType<typeof createHttpClient>;
  event: string;
  seat(no: number): string;
  standingZone: string;
  /** Ends the server, as a network that is gone, and starts it again at the same address. */
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  makeTill(options?: { point?: boolean; preallocated?: boolean }): Promise<TestTill>;
  /** The audit must find nothing. */
  audit(): Promise<void>;
  stop(): Promise<void>;
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** Gives a seller the key that its tickets are signed with. */
export async function addKey(pool: Pool, tenantId: number): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  await pool.query('insert into seller_keys values ($1, 1, $2, $3)', [tenantId, publicKey, privateKey]);
}

type Ground = {
  pool: Pool;
  hall: Hall;
  owner: Browser;
  client: ReturnType<typeof createHttpClient>;
  url: string;
};

/** Registers a till, gives it a fiscal point unless it is to have none, and enrols it in a folder of its own. */
async function makeTill(
  { pool, hall, owner, client, url }: Ground,
  pointNo: number,
  { point = true, preallocated = true },
): Promise<TestTill> {
  const made = await owner.send('POST', '/sellers/1/devices', { kind: 'till', name: 'Caja' });
  assert.equal(made.status, 201, made.text);
  const { device, enrolment_code } = made.json as { device: { id: number }; enrolment_code: string };
  const seriesId = 2 * pointNo - 1;
  const key = { tenantId: hall.tenantId, seriesId };
  await transact(pool, async (tx) => {
    if (!point) return;
    const series = { prefix: `T${pointNo}-`, padding: 6, firstNumber: 1 };
    const deviceNo = device.id;
    await addFiscalPoint(tx, hall.tenantId, { pointNo, kind: 'till', name: 'Caja', deviceNo, series });
    if (preallocated) await setNumbering(tx, key, { numbering: 'preallocated' });
  });
  const dir = mkdtempSync(path.join(tmpdir(), 'taquilla-till-'));
  let token = '';
  const run = (...args: string[]) => runCommand([tillCommand], {}, ['till', ...args, '--dir', dir]);
  const till: TestTill = {
    deviceNo: device.id,
    seriesId,
    dir,
    token: () => token,
    run,
    async do(...args) {
      const result = await run(...args);
      assert.equal(result.code, 0, result.err);
      return result.out;
    },
    send: (method, where, body) =>
      client.send(method, `/sellers/1/tills/${device.id}${where}`, body, {
        authorization: `Bearer ${token}`,
      }),
  };
  await till.do('enrol', enrolment_code, '--server', url);
  const folder = new TillFolder(dir);
  token = folder.readEnrolment().token;
  folder.close();
  return till;
}

/** Starts one. */
export async function startTillHall(size: { seats: number; standing: number }): Promise<TillHall> {
  const database = await createTestDatabase();
  const pool = createPool({ url: database.url, size: 4, name: 'test' });
  const hall = await createHall(pool, size);
  await addKey(pool, hall.tenantId);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = () =>
    startServer({ databaseUrl: database.url, env: { PORT: String(port), TRUST_PROXY: 'loopback' } });
  let server: TestServer | undefined = await start();
  const client = createHttpClient(url, 4);
  const owner = await signedIn(pool, client, hall.tenantId, 'owner');
  const folders: string[] = [];
  let points = 1;

  return {
    ...hall,
    pool,
    databaseUrl: database.url,
    owner,
    client,
    event: formatEventId(hall),
    seat: (no) => formatSeatId(hall, no),
    standingZone: formatZoneId(hall, 2),
    async stopServer() {
      await server?.stop();
      server = undefined;
    },
    async startServer() {
      server = await start();
    },
    async makeTill(options = {}) {
      points += 1;
      const till = await makeTill({ pool, hall, owner, client, url }, points, options);
      folders.push(till.dir);
      return till;
    },
    async audit() {
      const result = await runAudit(pool);
      assert.deepEqual(
        result.lines.filter((line) => line.count > 0).map((line) => [line.id, line.culprits]),
        [],
      );
    },
    async stop() {
      client.close();
      await server?.stop();
      await pool.end();
      await database.drop();
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}
