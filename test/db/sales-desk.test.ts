import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readXlsx } from 'hucre/xlsx';
import { formatEventId, uuidv7 } from '../../src/base/ids.ts';
import { systemClock, systemIds } from '../../src/base/ids.ts';
import { BulkRunner } from '../../src/bulk/run-bulk-actions.job.ts';
import { transact } from '../../src/db/transaction.ts';
import { countSales } from '../../src/fulfilment/step.store.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { json, type Confirmed } from '../support/payment-hall.ts';
import { readEvents } from '../support/read-events.ts';
import { UndoingHall } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

let hall: UndoingHall;
let manager: Browser;
let cashier: Browser;

before(async () => {
  hall = await UndoingHall.start();
  await hall.house.renew();
  manager = await signedIn(hall.house.pool, hall.house.client, hall.tenantId, 'manager');
  cashier = await signedIn(hall.house.pool, hall.house.client, hall.tenantId, 'cashier');
});
after(() => hall.house.stop());

const at = (path: string) => `/sellers/${hall.tenantId}/${path}`;

async function get<T>(browser: Browser, path: string): Promise<T> {
  const answer = await browser.send('GET', at(path));
  assert.equal(answer.status, 200, answer.text);
  return json<T>(answer);
}

/** Makes the tickets of sales, as the worker would, so that there is something to send. */
async function makeTickets(...sales: Confirmed[]): Promise<void> {
  const ids = sales.map((sale) => sale.transaction_id);
  const { pool } = hall.house;
  await transact(pool, (tx) => countSales(tx, hall.tenantId, ids));
  await pool.query(
    `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature)
     select tenant_id, transaction_id, item_no, 1, '\\x00' from transaction_items where tenant_id = $1 and transaction_id = any ($2)`,
    [hall.tenantId, ids],
  );
}

type SaleJson = {
  fiscal_number: string;
  customer: { name: string };
  payments: { method: string; amount: number }[];
  documents: { fiscal_number: string }[];
  refunds: { credit_note: string }[];
  notes: { text: string; by: string }[];
  links: { page: string };
};
type Timeline = { data: { event: string; detail?: string; by?: string }[] };

test('the page of one sale: its payments, documents, refunds and notes, which only grow', async () => {
  const sale = await hall.sell([1, 2]);
  const path = `sales/${sale.transaction_id}`;
  const noted = await cashier.send('POST', at(`${path}/notes`), { text: '  Called: comes by wheelchair ' });
  assert.equal(noted.status, 201, noted.text);
  await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 1)] });
  const read = await get<SaleJson>(cashier, path);
  assert.deepEqual(
    [read.fiscal_number, read.customer.name, read.payments.map((one) => one.method), read.refunds.length],
    [sale.fiscal_number, 'Ana Pérez', ['cash'], 1],
  );
  assert.deepEqual(
    read.documents.map((one) => one.fiscal_number),
    [sale.fiscal_number, read.refunds[0]!.credit_note],
  );
  assert.deepEqual(
    read.notes.map(({ text, by }) => [text, by]),
    [['Called: comes by wheelchair', 'Ana Pérez']],
  );
  const timeline = await get<Timeline>(cashier, `transactions/${sale.transaction_id}/timeline`);
  assert.deepEqual(
    timeline.data.filter(({ event }) => event === 'note' || event === 'undone').map(({ event }) => event),
    ['note', 'undone'],
  );
  const buyers = await hall.house.client.send('GET', sale.links.self.replace('?', '/timeline?'));
  assert.equal(buyers.status, 200, buyers.text);
  assert.ok(!buyers.text.includes('wheelchair'), 'the buyer reads no notes');
  const logged = await hall.count('audit_log', `verb = 'note'`);
  assert.equal(logged, 1);
});

test('an order that waits for money has a page, too, and what is nobody’s or another’s has none', async () => {
  const order = await hall.house.orderOnline([9]);
  const read = await get<SaleJson & { status: string }>(cashier, `sales/${order.transaction_id}`);
  assert.deepEqual([read.status, read.payments[0]?.method], ['awaiting_payment', 'card_online']);
  const noted = await cashier.send('POST', at(`sales/${order.transaction_id}/notes`), { text: 'x' });
  assert.equal(noted.status, 201, noted.text);
  for (const id of [uuidv7(Date.now()), 'x'])
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['POST', '/notes', { text: 'x' }],
    ] as const)
      assert.equal(
        outcomeOf(await cashier.send(method, at(`sales/${id}${path}`), body)),
        'transaction_not_found',
      );
  for (const body of [{}, { text: ' ' }, { text: 'x'.repeat(2_001) }, { text: 'x', more: 1 }])
    assert.equal(
      outcomeOf(await cashier.send('POST', at(`sales/${order.transaction_id}/notes`), body)),
      'body_invalid',
    );
  const steward = await signedIn(hall.house.pool, hall.house.client, hall.tenantId, 'steward');
  assert.equal(
    outcomeOf(await steward.send('POST', at(`sales/${order.transaction_id}/notes`), { text: 'x' })),
    'forbidden',
  );
});

type BulkJson = {
  id: string;
  state: string;
  sales: number;
  done: number;
  failed: number;
  failures: { transaction_id: string; code: string }[];
};

async function untilEnded(id: string): Promise<BulkJson> {
  let last: BulkJson | undefined;
  await waitUntil('the bulk action has ended', async () => {
    last = await get<BulkJson>(cashier, `bulk-actions/${id}`);
    return last.state === 'ended';
  });
  return last!;
}

async function startBulk(kind: string, body: Record<string, unknown>): Promise<BulkJson> {
  const answer = await manager.send('POST', at(`bulk-actions/${kind}`), body);
  assert.equal(answer.status, 202, answer.text);
  return json<BulkJson>(answer);
}

test('a selection is refunded sale by sale: what was refunded before is done, what cannot be is told and resumed', async () => {
  const sales = [await hall.sell([11]), await hall.sell([12, 13]), await hall.sell([14])];
  await hall.refund(sales[2]!);
  const refundsBefore = await hall.count('refunds');
  const sale_ids = [...sales.map((sale) => sale.transaction_id), uuidv7(Date.now())];
  const begun = await startBulk('refund', { sale_ids, reason: 'rained off' });
  assert.equal(begun.sales, 3, 'what is no sale is left out');
  const ended = await untilEnded(begun.id);
  assert.deepEqual([ended.done, ended.failed], [3, 0]);
  assert.equal(await hall.count('refunds'), refundsBefore + 2);
  assert.equal(await hall.count('audit_log', `verb = 'bulk_refund'`), 1);

  const late = await hall.sell([15]);
  await hall.setDay(false);
  const failing = await startBulk('refund', { sale_ids: [late.transaction_id], reason: 'late' });
  const failed = await untilEnded(failing.id);
  assert.deepEqual(
    failed.failures.map(({ transaction_id, code }) => [transaction_id, code]),
    [[late.transaction_id, 'fiscal_day_closed']],
  );
  await hall.setDay(true);
  const resumed = await manager.send('POST', at(`bulk-actions/${failing.id}/resume`));
  assert.equal(resumed.status, 202, resumed.text);
  assert.deepEqual(
    [(await untilEnded(failing.id)).done, await hall.count('refunds')],
    [1, refundsBefore + 3],
  );
  await hall.house.assertSound();
});

test('two that run at once do each sale of a bulk action once', async () => {
  const sales = [];
  for (const seat of [16, 17, 18, 19]) sales.push(await hall.sell([seat]));
  await makeTickets(...sales);
  const begun = await startBulk('resend', {
    sale_ids: sales.map((sale) => sale.transaction_id),
    channel: 'email',
  });
  const never = {
    refund: () => Promise.reject(new Error('nothing is refunded here')),
  } as unknown as ConstructorParameters<typeof BulkRunner>[0]['refunder'];
  const runner = () =>
    new BulkRunner({
      pool: hall.house.pool,
      clock: systemClock,
      ids: systemIds,
      refunder: never,
      tell: () => undefined,
      log: { warn: (fields) => assert.fail(String(fields['err'])) },
    });
  await Promise.all([runner().runPage(), runner().runPage()]);
  const ended = await untilEnded(begun.id);
  assert.deepEqual([ended.done, ended.failed], [4, 0]);
  const sent = `kind = 'tickets' and occasion_no > 1 and transaction_id = any ('{${sales.map((sale) => sale.transaction_id).join(',')}}')`;
  assert.equal(await hall.count('messages', sent), 4);
});

test('who may not, and what is none, begins nothing', async () => {
  const sale_ids = [uuidv7(Date.now())];
  assert.equal(
    outcomeOf(await cashier.send('POST', at('bulk-actions/refund'), { sale_ids, reason: 'x' })),
    'forbidden',
  );
  const refused: [string, unknown, string][] = [
    ['refund', { sale_ids, reason: 'x' }, 'transaction_not_found'],
    ['refund', { sale_ids: [], reason: 'x' }, 'body_invalid'],
    ['refund', { sale_ids }, 'body_invalid'],
    ['resend', { sale_ids, channel: 'pigeon' }, 'body_invalid'],
    [
      'resend',
      { sale_ids: Array.from({ length: 1_001 }, () => systemIds.uuid()), channel: 'email' },
      'body_invalid',
    ],
  ];
  for (const [kind, body, code] of refused)
    assert.equal(outcomeOf(await manager.send('POST', at(`bulk-actions/${kind}`), body)), code);
  for (const method of ['GET', 'POST'] as const) {
    const path = `bulk-actions/${sale_ids[0]}${method === 'POST' ? '/resume' : ''}`;
    assert.equal(outcomeOf(await manager.send(method, at(path))), 'bulk_action_not_found');
  }
});

test('staff are told that something has changed, and of nobody else’s', async () => {
  const cookie = [...cashier.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const url = new URL(at('changes/stream'), hall.house.servers[1]!.url).href;
  const heard = readEvents(url, {
    headers: { cookie },
    until: ({ event, data }) =>
      event === 'changed' &&
      (data as unknown as { topics: string[] }).topics.includes(`event ${formatEventId(hall.house.hall)}`),
  });
  let isHeard = false;
  const ended = heard.then((events) => {
    isHeard = true;
    return events;
  });
  // The one who watches asks another process than the one that sells.
  let seat = 30;
  await waitUntil('the change is heard', async () => {
    if (!isHeard && seat < 58) await hall.sell([seat++]);
    return isHeard;
  });
  const topics = (await ended).flatMap(({ data }) => (data as unknown as { topics: string[] }).topics);
  assert.equal(topics[0], 'everything', 'who comes back may have missed something');
  assert.ok(
    topics.every(
      (topic) => !topic.startsWith('event ') || topic === `event ${formatEventId(hall.house.hall)}`,
    ),
  );
  await assert.rejects(readEvents(url, {}), /401/);
});

test('sales leave as CSV and XLSX: formulas are texts there, and every page is in it', async () => {
  const { hold_token } = await hall.house.hold([60]);
  const customer = { name: '=HYPERLINK("http://bad")', email: 'f@example.com' };
  assert.equal((await hall.house.confirm(hold_token, { method: 'cash' }, { customer })).status, 202);
  const csv = await manager.send('GET', at('sales-export'));
  assert.equal(csv.status, 200);
  assert.match(String(csv.headers['content-disposition']), /sales\.csv/);
  const lines = csv.text.trim().split('\r\n');
  const { rows } = await hall.house.pool.query<{ n: number }>(
    `select (select count(*) from transactions where tenant_id = $1)::integer
          + (select count(*) from payment_intents where tenant_id = $1 and state not in ('settled', 'ended'))::integer as n`,
    [hall.tenantId],
  );
  assert.equal(lines.length, rows[0]!.n + 1);
  assert.ok(csv.text.includes(`"'=HYPERLINK(""http://bad"")"`), csv.text);
  const cookie = [...manager.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const answer = await fetch(
    new URL(at('sales-export?format=xlsx&status=processing'), hall.house.servers[0]!.url),
    {
      headers: { cookie },
    },
  );
  assert.match(answer.headers.get('content-type')!, /spreadsheetml/);
  const book = await readXlsx(new Uint8Array(await answer.arrayBuffer()));
  const cells = book.sheets[0]!.rows;
  assert.deepEqual(cells[0]?.slice(0, 3), ['id', 'status', 'created_at']);
  assert.ok(cells.some((row) => row.includes(`'=HYPERLINK("http://bad")`)));
  assert.equal(typeof cells[1]?.[9], 'number');
  assert.equal(outcomeOf(await cashier.send('GET', at('sales-export'))), 'forbidden');
});

test('an export tells how far it is', async () => {
  const cookie = [...manager.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const export_id = systemIds.uuid();
  const url = new URL(at('changes/stream'), hall.house.servers[1]!.url).href;
  let isDone = false;
  const heard = readEvents(url, { headers: { cookie }, until: ({ event }) => event === 'export' }).then(
    (events) => {
      isDone = true;
      return events;
    },
  );
  await waitUntil('the export is told', async () => {
    if (!isDone) await manager.send('GET', at(`sales-export?export_id=${export_id}`));
    return isDone;
  });
  const last = (await heard).at(-1)!.data as unknown as {
    export_id: string;
    rows: number;
    complete: boolean;
  };
  assert.deepEqual([last.export_id, last.complete], [export_id, true]);
  assert.ok(last.rows > 0);
});

test('conversion tells what became of holds, and a comparison what was sold beside the event before', async () => {
  const event = formatEventId(hall.house.hall);
  type Counts = {
    placed: number;
    confirmed: number;
    live: number;
    released: number;
    conversion: number | null;
  };
  const first = (await get<{ total: Counts }>(manager, `reports/events/${event}/conversion`)).total;
  const { hold_token } = await hall.house.hold([59]);
  const held = (await get<{ total: Counts }>(manager, `reports/events/${event}/conversion`)).total;
  assert.deepEqual([held.placed, held.live], [first.placed + 1, first.live + 1]);
  assert.equal(held.conversion, first.conversion, 'what is still held says nothing yet');
  assert.equal((await hall.house.client.send('DELETE', `/sales/holds/${hold_token}`)).status, 204);
  const last = (await get<{ total: Counts }>(manager, `reports/events/${event}/conversion`)).total;
  assert.equal(last.released, first.released + 1);
  assert.equal(last.conversion, last.confirmed / (last.placed - last.live));

  type Sold = {
    event_id: string;
    hours: { hour: number; tickets: number }[];
    stages: { stage: string; tickets: number }[];
  };
  const { event: sold, against } = await get<{ event: Sold; against: Sold | null }>(
    manager,
    `reports/events/${event}/comparison`,
  );
  assert.equal(against, null, 'there is none before');
  const { rows } = await hall.house.pool.query<{ n: number }>(
    `select coalesce(sum(tickets_sold - tickets_returned), 0)::integer as n from sales_statistics where tenant_id = $1`,
    [hall.tenantId],
  );
  assert.equal(
    sold.hours.reduce((all, one) => all + one.tickets, 0),
    rows[0]!.n,
  );
  assert.equal(sold.hours[0]?.hour, 0);
  const counted = await hall.house.pool.query<{ n: number }>(
    `select count(*)::integer as n from sale_terms s join transaction_items i using (tenant_id, transaction_id)
      where s.tenant_id = $1 and s.kind = 'event' and i.state = 'live'`,
    [hall.tenantId],
  );
  assert.deepEqual(
    sold.stages.map(({ stage, tickets }) => [stage, tickets]),
    [['', counted.rows[0]!.n]],
  );
  for (const path of [
    `reports/events/${event}/comparison?against=99-1`,
    'reports/events/99-1/comparison',
    `reports/events/${hall.tenantId}-99/conversion`,
  ])
    assert.equal(outcomeOf(await manager.send('GET', at(path))), 'event_not_found');
  assert.equal(
    outcomeOf(await manager.send('GET', at(`reports/events/${event}/conversion?hours=0`))),
    'body_invalid',
  );
});

test('service levels: what processes read of themselves in a minute adds up, and a minute without a reading was none', async () => {
  const { pool } = hall.house;
  const owner = await signedIn(pool, hall.house.client, hall.tenantId, 'owner');
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  const buckets = (fast: number, slow: number) => [0, 0, 0, fast, 0, 0, 0, 0, 0, 0, 0, slow, 0, 0];
  await pool.query('delete from service_readings');
  for (const ago of [10, 9, 7]) {
    for (const processId of [systemIds.uuid(), systemIds.uuid()])
      await pool.query(`insert into service_readings values (0, $1, $2, $3, $4, 100, 1, 3, 4, 5, 6)`, [
        new Date(minute - ago * 60_000),
        processId,
        buckets(99, 1),
        buckets(100, 0),
      ]);
  }
  type Times = { count: number; p50_ms: number; p99_ms: number; within_target: number };
  type Levels = {
    total: { confirm: Times; transaction: Times; requests: number; failures: number; availability: number };
    data: { at: string; availability: number | null }[];
  };
  const levels = await get<Levels>(owner, 'service-levels?range=hour');
  const { total } = levels;
  assert.deepEqual([total.confirm.count, total.requests, total.failures], [600, 600, 6]);
  assert.deepEqual([total.confirm.within_target, total.transaction.within_target], [0.99, 1]);
  assert.ok(total.confirm.p50_ms > 5 && total.confirm.p50_ms <= 10);
  // From the first reading to two minutes ago: 8 minutes, of which 3 were served, less one request of a hundred.
  assert.ok(Math.abs(total.availability - 0.99 * (3 / 8)) < 1e-9, String(total.availability));
  const gap = levels.data.find((one) => one.at === new Date(minute - 8 * 60_000).toISOString());
  assert.equal(gap?.availability, 0);
  assert.equal(outcomeOf(await manager.send('GET', at('service-levels'))), 'forbidden');
  assert.equal(outcomeOf(await owner.send('GET', at('service-levels?range=year'))), 'body_invalid');
});

test('a process keeps what it reads of itself', async () => {
  const { pool } = hall.house;
  await waitUntil('a minute was written', async () => {
    await hall.house.client.send('GET', '/events');
    const { rows } = await pool.query<{ n: number }>(
      `select count(*)::integer as n from service_readings where requests > 0 and requests <> 100`,
    );
    return rows[0]!.n > 0;
  });
});
