import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startTillHall, type TestTill, type TillHall } from '../support/till-hall.ts';

const kills = 25;
const script = path.join(import.meta.dirname, '../support/till-user.ts');
let hall: TillHall;

before(async () => {
  hall = await startTillHall({ seats: 1, standing: 400 });
});
after(async () => {
  await hall.stop();
});

/** Lets a till sell until it has printed so many numbers, and kills it. @returns what it has printed by then. */
async function sellAndKill(till: TestTill, sales: number, mode: string): Promise<string[]> {
  const child = spawn(process.execPath, [script, till.dir, '2', mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  const numbers = () => out.split('\n').slice(0, -1);
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (numbers().length >= sales) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  return numbers();
}

const leaseAll = (till: TestTill) =>
  till.do('lease', '--event', hall.event, '--zones', `${hall.standingZone}:200`, '--numbers', '200');

async function documentsOf(till: TestTill): Promise<string[]> {
  const { rows } = await hall.pool.query<{ number: string }>(
    `select s.prefix || lpad(d.number::text, s.padding, '0') as number
       from fiscal_documents d join fiscal_series s using (tenant_id, series_id)
      where d.tenant_id = 1 and d.series_id = $1 order by d.number`,
    [till.seriesId],
  );
  return rows.map((row) => row.number);
}

test('however often a till is killed, no number is used twice or lost', async () => {
  const till = await hall.makeTill();
  await leaseAll(till);
  const printed: string[] = [];
  for (let i = 0; i < kills; i++) printed.push(...(await sellAndKill(till, 1 + (i % 4), 'write-first')));
  assert.ok(printed.length >= kills);
  assert.equal(new Set(printed).size, printed.length);
  await till.do('sync');
  const documents = await documentsOf(till);
  const last = Number(documents.at(-1)!.replace(/^T\d+-/, ''));
  assert.deepEqual([documents.length, new Set(documents).size], [last, last]);
  assert.deepEqual(
    printed.filter((number) => !documents.includes(number)),
    [],
  );
  await till.do('return');
  await hall.audit();
});

test('a till that hands out before it writes would use a number twice', async () => {
  const till = await hall.makeTill();
  await leaseAll(till);
  const printed = [
    ...(await sellAndKill(till, 1, 'print-first')),
    ...(await sellAndKill(till, 1, 'print-first')),
  ];
  assert.equal(new Set(printed).size, 1);
  await till.do('sync');
  assert.deepEqual(await documentsOf(till), []);
});
