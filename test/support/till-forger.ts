import assert from 'node:assert/strict';
import { TillFolder } from '../../src/tills/till-folder.adapter.ts';
import { readTillFile } from '../../src/tills/till-file.ts';
import type { TillLease } from '../../src/tills/till-lease.ts';
import { writeLine, type TillRecord } from '../../src/tills/till-record.ts';
import type { Answer } from './http-client.ts';
import type { TestTill, TillHall } from './till-hall.ts';

/** A conflict of a till as the API tells it. */
export type Conflict = {
  id: number;
  sequence?: number;
  kind: string;
  transaction_id?: string;
  number_without_document?: number;
  line?: string;
  resolution?: string;
};

/** Writes what a till might write, right or wrong, and sends it. */
export class Forger {
  readonly hall: TillHall;
  readonly till: TestTill;
  readonly lease: TillLease;
  #hash = '';
  #sequence = 0;

  constructor(hall: TillHall, till: TestTill, lease: TillLease) {
    this.hall = hall;
    this.till = till;
    this.lease = lease;
  }

  static async lease(hall: TillHall, seats: number[], numbers = 10): Promise<Forger> {
    const till = await hall.makeTill();
    const ids = seats.map(hall.seat).join(',');
    await till.do(
      'lease',
      '--event',
      hall.event,
      '--seats',
      ids,
      '--zones',
      `${hall.standingZone}:2`,
      '--numbers',
      String(numbers),
    );
    const folder = new TillFolder(till.dir);
    const { lease } = folder.readLeases('open')[0]!;
    folder.close();
    return new Forger(hall, till, lease);
  }

  record(number: number, seatNo: number | null, changes: Partial<TillRecord> = {}): TillRecord {
    const total = seatNo === null ? 1_160 : 2_900;
    this.#sequence += 1;
    return {
      sequence: this.#sequence,
      lease_id: this.lease.lease_id,
      number,
      at: new Date().toISOString(),
      places: [{ zone_no: seatNo === null ? 2 : 1, seat_no: seatNo, kind: null, total }],
      currency: 'USD',
      total,
      payment: { method: 'cash', amount: total, tendered: null, reference: null },
      customer: { name: 'Ana', email: null, phone: null, document: null, locale: 'es' },
      ...changes,
    };
  }

  /** @param spoil what somebody does to the line afterwards. */
  line(record: TillRecord, spoil: (line: string) => string = (line) => line): string {
    const line = spoil(writeLine(this.#hash, record));
    this.#hash = readTillFile(Buffer.from(`${line}\n`)).lines[0]!.slice(0, 64);
    return line;
  }

  sync(lines: string[], first = this.#sequence - lines.length + 1): Promise<Answer> {
    const encoded = lines.map((line) => Buffer.from(line).toString('base64url'));
    return this.till.send('POST', '/sync', { first_sequence: first, lines: encoded });
  }

  async send(...of: Parameters<Forger['sync']>): Promise<string[]> {
    const answer = await this.sync(...of);
    assert.equal(answer.status, 200, answer.text);
    return (answer.json as { results: { outcome: string }[] }).results.map((one) => one.outcome);
  }

  async conflicts(state = 'open') {
    const answer = await this.hall.owner.send(
      'GET',
      `/sellers/1/tills/${this.till.deviceNo}/conflicts?state=${state}`,
    );
    assert.equal(answer.status, 200, answer.text);
    return (answer.json as { data: Conflict[] }).data;
  }

  async documents(): Promise<number[]> {
    const { rows } = await this.hall.pool.query<{ number: number }>(
      'select number::integer as number from fiscal_documents where tenant_id = 1 and series_id = $1 order by 1',
      [this.till.seriesId],
    );
    return rows.map((row) => row.number);
  }

  /** Opens the next day of the till's point, or closes the one that is open. */
  async turnDay(dayNo?: number): Promise<void> {
    const answer = await this.askDay(dayNo);
    assert.ok(answer.status < 300, answer.text);
  }

  askDay(dayNo?: number): Promise<Answer> {
    const days = `/sellers/1/points/${(this.till.seriesId + 1) / 2}/days`;
    return this.hall.owner.send('POST', dayNo === undefined ? days : `${days}/${dayNo}/close`, {});
  }
}
