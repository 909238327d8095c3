import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { formatEventId, uuidv7 } from '../../src/base/ids.ts';
import { createHttpClient, type Answer } from './http-client.ts';
import { json, type Confirmed } from './payment-hall.ts';
import { UndoingHall } from './undoing-hall.ts';
import { waitUntil } from './wait.ts';
import { startTestWorkers, type TestWorkers } from './workers.ts';

type DoorTicketJson = { ticket_id: string; name: string; zone_id: string; state?: string; row?: string };

/** What a scan is answered with. */
export type VerdictJson = {
  scan_id: string;
  verdict: string;
  reason?: string;
  conflict: boolean;
  gate_name: string;
  before?: { scan_id: string; at: string; gate_name: string };
  ticket?: DoorTicketJson;
  admitting_gates?: string[];
};

/** What a scanner without a connection is told. */
export type DoorListJson = {
  tickets: DoorTicketJson[];
  revoked: { ticket_id: string; generation: number; reason: string }[];
  admissions: { ticket_id: string; state: string; at: string; gate_id: number }[];
  cursor: string;
  has_more: boolean;
};

/** A sale with its tickets' codes. */
export type DoorSale = Confirmed & { id: string; codes: string[] };

/** A scanner that was enrolled, at one of the two processes. */
export type Scanner = {
  authorization: string;
  send(method: string, path: string, body?: unknown): Promise<Answer>;
};

/** An event with its door, before two processes: sales with tickets, scanners, and staff. */
export class DoorHall {
  readonly sales: UndoingHall;
  readonly #workers: TestWorkers;
  readonly #clients: ReturnType<typeof createHttpClient>[];

  private constructor(sales: UndoingHall, workers: TestWorkers) {
    this.sales = sales;
    this.#workers = workers;
    this.#clients = sales.house.servers.map(({ url }) => createHttpClient(url, 8));
  }

  static async start(): Promise<DoorHall> {
    const sales = await UndoingHall.start();
    return new DoorHall(sales, await startTestWorkers(sales.house.database.url));
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#workers.stop();
    await this.sales.house.stop();
  }

  /** A seller and an event that no test has used. */
  async renew(): Promise<void> {
    await this.sales.house.renew();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    const values = [this.sales.tenantId, publicKey, privateKey];
    await this.sales.house.pool.query('insert into seller_keys values ($1, 1, $2, $3)', values);
  }

  get eventId(): string {
    return formatEventId(this.sales.house.hall);
  }

  get path(): string {
    return this.sales.eventPath;
  }

  /** Sells places and waits for their tickets. */
  async sell(seatNos: number[], standing = 0): Promise<DoorSale> {
    const sale = await this.sales.sell(seatNos, standing);
    await waitUntil(
      'the sale is completed',
      async () => (await this.sales.house.read(sale)).status === 'completed',
    );
    return { ...sale, id: sale.transaction_id, codes: await this.codesOf(sale) };
  }

  /** The codes of a sale's tickets, as they are now. */
  async codesOf(sale: Confirmed): Promise<string[]> {
    const { pathname, search } = new URL(sale.links.self, 'http://shop');
    const answer = await this.sales.house.client.send('GET', `${pathname}/tickets${search}`);
    return json<{ tickets: { code?: string }[] }>(answer).tickets.map(({ code }) => code ?? '');
  }

  /** Registers a scanner and enrols it. @param process which of the two it speaks to. */
  async scanner(name = 'Puerta', process = 0): Promise<Scanner> {
    const devices = `/sellers/${this.sales.tenantId}/devices`;
    const made = await this.sales.staff.send('POST', devices, { kind: 'scanner', name });
    const { enrolment_code: code } = json<{ enrolment_code: string }>(made);
    const client = this.#clients[process]!;
    const enrolled = await client.send('POST', '/devices/enrol', { code });
    assert.equal(enrolled.status, 201, enrolled.text);
    const authorization = `Bearer ${json<{ token: string }>(enrolled).token}`;
    return {
      authorization,
      send: (method, path, body) => client.send(method, path, body, { authorization }),
    };
  }

  /** Scans a code, or picks a ticket by its id. */
  async scan(
    scanner: Scanner,
    what: string,
    more: { gate_id?: number; direction?: string; scan_id?: string } = {},
  ): Promise<VerdictJson> {
    const { scan_id: id = uuidv7(Date.now()), ...rest } = more;
    const named = what.startsWith('TQ-') || what.includes(' ') ? { code: what } : { ticket_id: what };
    const answer = await scanner.send('PUT', `${this.path}/scans/${id}`, { gate_id: 0, ...named, ...rest });
    assert.equal(answer.status, 200, answer.text);
    return json<VerdictJson>(answer);
  }

  /** Has staff say how the door works. @returns its gates' numbers. */
  async setDoor(door: Record<string, unknown>): Promise<number[]> {
    const { version } = json<{ version: number }>(await this.sales.staff.send('GET', `${this.path}/door`));
    const rules = { version, opens_at: null, closes_at: null, reentry: true, gates: [] };
    const answer = await this.sales.staff.send('PUT', `${this.path}/door`, { ...rules, ...door });
    assert.equal(answer.status, 200, answer.text);
    return json<{ gates: { id: number }[] }>(answer).gates.map(({ id }) => id);
  }

  /** All that a scanner hears of since a cursor. */
  async sync(scanner: Scanner, cursor?: string): Promise<DoorListJson> {
    const query = cursor === undefined ? '' : `?cursor=${cursor}`;
    return json<DoorListJson>(await scanner.send('GET', `${this.path}/door-list${query}`));
  }
}
