import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatTicketCode, signTicket } from '../src/admission/ticket-code.ts';
import type { Door, Gate, Ticket } from '../web/door/src/lib/contract.ts';
import { decide, mainGate, type DoorList } from '../web/door/src/lib/decide.ts';
import { importKeys, readCode, tidyCode } from '../web/door/src/lib/ticket-code.ts';
import { uuidv7 } from '../web/door/src/lib/uuid.ts';
import { en } from '../web/door/src/texts/en.ts';
import { es } from '../web/door/src/texts/es.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keys = await importKeys([{ kid: '3', x: String(publicKey.export({ format: 'jwk' }).x) }]);

const claims = (generation = 1) => ({
  tenantId: 7,
  eventId: 12,
  transactionId: '019a5b7e-6f10-7abc-9def-0123456789ab',
  itemNo: 2,
  keyId: 3,
  generation,
});
const codeOf = (made: ReturnType<typeof claims>) => formatTicketCode(made, signTicket(made, privateKey));

test('the page reads what the server signs, and nothing else', async () => {
  const arbitrary = fc.record({
    tenantId: fc.constant(7),
    eventId: fc.integer({ min: 1, max: 2_147_483_647 }),
    transactionId: fc.uuid({ version: 7 }),
    itemNo: fc.integer({ min: 1, max: 32_767 }),
    keyId: fc.constant(3),
    generation: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, fc.nat(), async (made, at) => {
      const code = codeOf(made);
      assert.deepEqual(await readCode(code, 7, keys), {
        ticket: {
          eventId: `7-${made.eventId}`,
          ticketId: `${made.transactionId}-${made.itemNo}`,
          generation: made.generation,
        },
      });
      const place = 3 + (at % (code.length - 3));
      const other = code[place] === 'A' ? 'B' : 'A';
      const changed = code.slice(0, place) + other + code.slice(place + 1);
      assert.equal((await readCode(changed, 7, keys)).ticket, null);
    }),
    { numRuns: 50 },
  );
  const code = codeOf(claims());
  assert.deepEqual(await readCode(code, 8, keys), { ticket: null, reason: 'unknown_key' });
  for (const text of ['', 'TQ-', `${code}A`, code.slice(0, -1), code.toLowerCase(), 'TQ-ÑÑÑ'])
    assert.deepEqual(await readCode(text, 7, keys), { ticket: null, reason: 'malformed' }, text);
});

test('a hand scanner of another keyboard layout is understood', () => {
  const code = codeOf(claims());
  assert.equal(tidyCode(` ${code.toLowerCase().replace('-', "'")}\n`), code);
  assert.equal(tidyCode(code.replace('-', '/')), code);
});

const ticket: Ticket = {
  ticket_id: 't-1',
  generation: 2,
  zone_id: '7-12-z1',
  zone_name: 'Platea',
  name: 'Ana',
};
const gates: Gate[] = [
  { id: 1, name: 'Norte', zone_ids: ['7-12-z1'], ticket_kinds: [] },
  { id: 2, name: 'Sur', zone_ids: ['7-12-z2'], ticket_kinds: [] },
  { id: 3, name: 'Niños', zone_ids: [], ticket_kinds: ['child'] },
];
const door: Door = {
  event: { id: '7-12', name: '', starts_at: '', timezone: '', venue_name: '' },
  version: 1,
  opens_at: '2026-12-01T19:00:00Z',
  closes_at: '2026-12-01T23:00:00Z',
  reentry: true,
  gates,
};
const evening = new Date('2026-12-01T20:00:00Z');

function judge(
  changes: {
    list?: Partial<DoorList>;
    gate?: Gate;
    direction?: 'entry' | 'exit';
    now?: Date;
    door?: Partial<Door>;
    generation?: number | null;
    eventId?: string;
    ticketId?: string;
  } = {},
) {
  const { gate = gates[0]!, direction = 'entry', now = evening, generation = 2 } = changes;
  const { eventId = '7-12', ticketId = 't-1' } = changes;
  const list = {
    tickets: new Map([['t-1', ticket]]),
    revoked: new Map(),
    standings: new Map(),
    ...changes.list,
  };
  const read = { ticket: { eventId, ticketId, generation } } as {
    ticket: { eventId: string; ticketId: string; generation: null };
  };
  return decide(list, { door: { ...door, ...changes.door }, gate, direction, now }, read);
}

const standing = (state: 'inside' | 'outside' | 'undone') => ({
  standings: new Map([['t-1', { state, at: '2026-12-01T19:30:00Z', gate_id: 1 }]]),
});

test('without a connection the page decides as the server does', () => {
  assert.equal(judge().verdict, 'admitted');
  assert.equal(judge({ generation: null }).verdict, 'admitted');
  assert.equal(judge({ eventId: '7-13' }).verdict, 'wrong_event');
  assert.deepEqual(judge({ generation: 1 }), { verdict: 'revoked', reason: 'reissued' });
  const revoked = new Map([['t-1', { generation: 2, reason: 'transferred' as const }]]);
  assert.equal(judge({ list: { revoked } }).verdict, 'revoked');
  assert.equal(judge({ list: { revoked }, generation: 3 }).verdict, 'admitted');
  assert.equal(judge({ list: { revoked }, generation: null }).verdict, 'admitted');
  const returned = new Map([['t-1', { generation: 2, reason: 'returned' as const }]]);
  assert.equal(judge({ list: { revoked: returned }, generation: null }).verdict, 'revoked');
  assert.equal(judge({ now: new Date('2026-12-01T18:59:59Z') }).verdict, 'too_early');
  assert.equal(judge({ now: new Date('2026-12-01T23:00:00Z') }).verdict, 'too_late');
  assert.deepEqual(judge({ gate: gates[1]! }), { verdict: 'not_valid_here', admitting_gates: ['Norte'] });
  assert.equal(judge({ gate: gates[2]! }).verdict, 'not_valid_here');
  assert.deepEqual(judge({ list: standing('inside') }), {
    verdict: 'already_admitted',
    before: { at: '2026-12-01T19:30:00Z', gate_id: 1 },
  });
  assert.equal(judge({ list: standing('outside') }).verdict, 'admitted');
  assert.equal(judge({ list: standing('outside'), door: { reentry: false } }).verdict, 'already_admitted');
  assert.equal(judge({ list: standing('undone') }).verdict, 'admitted');
  assert.equal(judge({ list: standing('inside'), direction: 'exit' }).verdict, 'left');
  assert.equal(judge({ direction: 'exit' }).verdict, 'not_inside');
});

test('a ticket that is not on the list yet is let in by its signature where the gate admits all', () => {
  assert.equal(judge({ ticketId: 't-2', gate: mainGate }).verdict, 'admitted');
  assert.deepEqual(judge({ ticketId: 't-2' }), { verdict: 'unknown', reason: 'not_listed' });
});

test('the ids of scans are in the order in which they were made, whatever the clock does', () => {
  const ids = [5_000, 4_000, 4_000, 9_000].map((now) => uuidv7(now));
  assert.deepEqual(ids, ids.toSorted());
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

/** The paths of all texts, with the number of arguments of those that take some. */
function shapeOf(texts: object, path = ''): string[] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) => {
    if (typeof text === 'object' && text !== null) return shapeOf(text, `${path}/${name}`);
    assert.ok(typeof text === 'function' || String(text).trim() !== '', `${path}/${name} says nothing`);
    return [`${path}/${name}${typeof text === 'function' ? `(${text.length})` : ''}`];
  });
}

test('no text of the door is missing in either language', () => {
  assert.deepEqual(shapeOf(en), shapeOf(es));
});
