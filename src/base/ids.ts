import { randomFillSync } from 'node:crypto';

/** Where ids and instants come from; passed in, so that tests can pin both. */
export type Clock = { now(): Date };
export type IdSource = { uuid(): string };

const pool = Buffer.alloc(10 * 1024);
let poolOffset = pool.length;

/** Writes 16 bytes as a UUID. */
export function formatUuid(bytes: Buffer): string {
  const s = bytes.toString('hex');
  return `${s.slice(0, 8)}-${s.slice(8, 12)}-${s.slice(12, 16)}-${s.slice(16, 20)}-${s.slice(20)}`;
}

/**
 * A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits from the system's generator,
 * so it is ordered by time and cannot be guessed.
 */
export function uuidv7(nowMilliseconds: number): string {
  if (poolOffset + 10 > pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeUIntBE(nowMilliseconds, 0, 6);
  pool.copy(bytes, 6, poolOffset, poolOffset + 10);
  poolOffset += 10;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return formatUuid(bytes);
}

/** The lowest UUIDv7 of an instant: a bound for ranges over time-ordered keys. */
export function uuidv7Floor(at: Date): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, at.getTime()), 0, 6);
  return formatUuid(bytes);
}

/** When a UUIDv7 was made: Unix milliseconds. */
export function uuidv7Milliseconds(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/** The system's clock and id source. */
export const systemClock: Clock = { now: () => new Date() };
export const systemIds: IdSource = { uuid: () => uuidv7(Date.now()) };

/** An event's place in the catalog; in the API `1-3` (seller 1, its event 3). */
export type EventKey = { tenantId: number; eventId: number };

const maxInt4 = 2_147_483_647;

function toInt(text: string): number | null {
  if (!/^[1-9]\d{0,9}$/.test(text)) return null;
  const n = Number(text);
  return n <= maxInt4 ? n : null;
}

/** Reads a seller's number, or null for a text that is none. */
export function parseSellerId(text: string): number | null {
  return toInt(text);
}

/** Writes an event's id as the API shows it. */
export function formatEventId(key: EventKey): string {
  return `${key.tenantId}-${key.eventId}`;
}

/** Reads an event's id, or null for a text that is none. */
export function parseEventId(text: string): EventKey | null {
  const [tenant, event, ...rest] = text.split('-');
  const tenantId = toInt(tenant ?? '');
  const eventId = toInt(event ?? '');
  return tenantId && eventId && rest.length === 0 ? { tenantId, eventId } : null;
}

function parsePart(text: string, letter: 's' | 'z'): (EventKey & { no: number }) | null {
  const at = text.lastIndexOf('-');
  const key = at > 0 ? parseEventId(text.slice(0, at)) : null;
  const no = text[at + 1] === letter ? toInt(text.slice(at + 2)) : null;
  return key && no ? { ...key, no } : null;
}

/** Writes a seat's id: `1-3-s155`. */
export function formatSeatId(key: EventKey, seatNo: number): string {
  return `${key.tenantId}-${key.eventId}-s${seatNo}`;
}

/** Reads a seat's id, or null. */
export function parseSeatId(text: string): (EventKey & { no: number }) | null {
  return parsePart(text, 's');
}

/** Writes a zone's id: `1-3-z2`. */
export function formatZoneId(key: EventKey, zoneNo: number): string {
  return `${key.tenantId}-${key.eventId}-z${zoneNo}`;
}

/** Reads a zone's id, or null. */
export function parseZoneId(text: string): (EventKey & { no: number }) | null {
  return parsePart(text, 'z');
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in lower case. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** A hold token carries its seller and event, so that a request finds its lane without a query. */
export function formatHoldToken(key: EventKey, holdId: string): string {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32BE(key.tenantId, 0);
  bytes.writeUInt32BE(key.eventId, 4);
  bytes.write(holdId.replaceAll('-', ''), 8, 'hex');
  return bytes.toString('base64url');
}

/** Reads a hold token, or null for a text that is none. */
export function parseHoldToken(token: string): (EventKey & { holdId: string }) | null {
  if (!/^[A-Za-z0-9_-]{32}$/.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  const tenantId = bytes.readUInt32BE(0);
  const eventId = bytes.readUInt32BE(4);
  if (tenantId < 1 || tenantId > maxInt4 || eventId < 1 || eventId > maxInt4) return null;
  return { tenantId, eventId, holdId: formatUuid(bytes.subarray(8)) };
}
