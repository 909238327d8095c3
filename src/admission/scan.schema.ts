import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatZoneId, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import { instantInputSchema, instantSchema, object, zoneIdSchema } from '../http/schemas.ts';
import type { Actor } from '../identity/principal.ts';
import { formatTicketId } from '../orders/sale.ts';
import { gateIdSchema } from './door.schema.ts';
import { readDoorTicket } from './door-list.store.ts';
import { readDoor, readGateNames } from './door.store.ts';
import { admits, scanDirections, scanReasons, scanVerdicts, type DoorTicket } from './door.ts';
import type { Scan, ScanOrder } from './scan.store.ts';
import { readPickedTicket, readScannedCode } from './scanned-code.ts';
import { readVerifyingKeys } from './ticket-key.store.ts';

export const scanIdSchema = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  maxLength: 36,
  description: 'A UUIDv7 that the scanner makes: the same scan again changes nothing',
});

const directionSchema = Type.Enum(['entry', 'exit']);

export const scanBodySchema = object({
  gate_id: gateIdSchema,
  direction: Type.Optional(directionSchema),
  code: Type.Optional(
    Type.String({ minLength: 1, maxLength: limits.ticketCodeCharsMax, description: 'What the scanner read' }),
  ),
  ticket_id: Type.Optional(
    Type.String({ maxLength: 64, description: 'Instead of a code: staff found it by name' }),
  ),
});

/** What a scanner may have said without a connection. */
const toldVerdicts = scanVerdicts.filter((one) => one !== 'undone');

export const uploadBodySchema = object({
  scans: Type.Array(
    object({
      scan_id: scanIdSchema,
      ...scanBodySchema.properties,
      told: Type.Enum(toldVerdicts, { description: 'What the scanner said at the time' }),
      scanned_at: instantInputSchema,
    }),
    { minItems: 1, maxItems: limits.scansPerUploadMax },
  ),
});

export const doorTicketSchema = object({
  ticket_id: Type.String(),
  generation: Type.Integer({ description: 'The how-manieth code it has now' }),
  zone_id: zoneIdSchema,
  zone_name: Type.String(),
  row: Type.Optional(Type.String()),
  number: Type.Optional(Type.String()),
  ticket_kind: Type.Optional(Type.String()),
  name: Type.String({ description: 'Who holds it' }),
  document_end: Type.Optional(Type.String({ description: "The last characters of the buyer's document" })),
  sale_number: Type.Optional(Type.String()),
  state: Type.Optional(Type.Enum(['inside', 'outside'])),
  returned: Type.Optional(Type.Boolean()),
});

/** A ticket as the door sees it. */
export function doorTicketAnswer(key: EventKey, ticket: DoorTicket): Static<typeof doorTicketSchema> {
  const { row, number, ticketKind, documentEnd, saleNumber, state } = ticket;
  return {
    ticket_id: formatTicketId(ticket.transactionId, ticket.itemNo),
    generation: ticket.generation,
    zone_id: formatZoneId(key, ticket.zoneNo),
    zone_name: ticket.zoneName,
    ...(row !== null && { row }),
    ...(number !== null && { number }),
    ...(ticketKind !== null && { ticket_kind: ticketKind }),
    name: ticket.name,
    ...(documentEnd !== null && { document_end: documentEnd }),
    ...(saleNumber !== null && { sale_number: saleNumber }),
    ...(state !== null && { state }),
    ...(!ticket.isLive && { returned: true }),
  };
}

const gateNameSchema = Type.String({
  description: 'Empty for the gate of an event that has none of its own',
});

/** A scan, and what it came to. */
export const scanSchema = object({
  scan_id: Type.String(),
  scan_no: Type.Integer({ description: "Counted within its event; a list's cursor" }),
  gate_id: gateIdSchema,
  gate_name: gateNameSchema,
  direction: Type.Enum([...scanDirections]),
  verdict: Type.Enum([...scanVerdicts]),
  reason: Type.Optional(Type.Enum([...scanReasons])),
  told: Type.Optional(Type.Enum([...scanVerdicts])),
  conflict: Type.Boolean({ description: 'Somebody was let through who should not have been' }),
  scanned_at: instantSchema,
  by: Type.String(),
  ticket_id: Type.Optional(Type.String()),
  before: Type.Optional(
    object(
      { scan_id: Type.String(), at: instantSchema, gate_id: gateIdSchema, gate_name: gateNameSchema },
      { description: 'The scan that it was in by, or that was taken back' },
    ),
  ),
});

/** A scan with the ticket that was scanned, as a scanner shows it. */
export const verdictSchema = object({
  ...scanSchema.properties,
  ticket: Type.Optional(doorTicketSchema),
  admitting_gates: Type.Optional(
    Type.Array(Type.String(), { description: 'The names of the gates that would admit it' }),
  ),
});

/** The answer for a scan. @param gateNames of its event. */
export function scanAnswer(scan: Scan, gateNames: ReadonlyMap<number, string>): Static<typeof scanSchema> {
  const { reason, told, transactionId, itemNo, otherScanId, otherAt, otherGateNo } = scan;
  return {
    scan_id: scan.scanId,
    scan_no: scan.scanNo,
    gate_id: scan.gateNo,
    gate_name: gateNames.get(scan.gateNo) ?? '',
    direction: scan.direction,
    verdict: scan.verdict,
    ...(reason !== null && { reason }),
    ...(told !== null && { told }),
    conflict: scan.conflict,
    scanned_at: scan.scannedAt.toISOString(),
    by: scan.actorName,
    ...(transactionId !== null && itemNo !== null && { ticket_id: formatTicketId(transactionId, itemNo) }),
    ...(otherScanId !== null &&
      otherAt !== null &&
      otherGateNo !== null && {
        before: {
          scan_id: otherScanId,
          at: otherAt.toISOString(),
          gate_id: otherGateNo,
          gate_name: gateNames.get(otherGateNo) ?? '',
        },
      }),
  };
}

/** The answer for a scan with its ticket, and with where to go instead. */
export async function verdictAnswer(
  reader: Reader,
  key: EventKey,
  scan: Scan,
): Promise<Static<typeof verdictSchema>> {
  const { transactionId, itemNo } = scan;
  const [gateNames, ticket] = await Promise.all([
    readGateNames(reader, key),
    transactionId !== null && itemNo !== null ? readDoorTicket(reader, key, { transactionId, itemNo }) : null,
  ]);
  const answer = { ...scanAnswer(scan, gateNames), ...(ticket && { ticket: doorTicketAnswer(key, ticket) }) };
  if (scan.verdict !== 'not_valid_here' || !ticket) return answer;
  const { gates } = await readDoor(reader, key);
  const admitting = gates.filter((gate) => admits(gate, ticket.zoneNo, ticket.ticketKind));
  return { ...answer, admitting_gates: admitting.map(({ name }) => name) };
}

type ScanBody = Static<typeof scanBodySchema>;

/**
 * Reads scans of one event as scanners tell of them.
 * @throws Problem `body_invalid` unless each names a code or a ticket.
 */
export async function readScanOrders(
  reader: Reader,
  key: EventKey,
  scans: readonly (ScanBody & Pick<ScanOrder, 'scanId' | 'told' | 'scannedAt'> & { path: string })[],
  by: { now: Date; actor: Actor },
): Promise<ScanOrder[]> {
  const keys = new Map(
    (await readVerifyingKeys(reader, key.tenantId)).map(({ keyId, publicKey }) => [keyId, publicKey]),
  );
  return scans.map(({ gate_id: gateNo, direction = 'entry', code, ticket_id: ticketId, path, ...scan }) => {
    if ((code === undefined) === (ticketId === undefined)) {
      const message = 'Name the code that was read, or the ticket that was picked.';
      throw new Problem('body_invalid', message, {
        errors: [{ path: `${path}/code`, code: 'one_of', message }],
      });
    }
    if (Number.isNaN(scan.scannedAt.getTime())) {
      const message = 'There is no such instant.';
      throw new Problem('body_invalid', message, {
        errors: [{ path: `${path}/scanned_at`, code: 'instant', message }],
      });
    }
    const scanned =
      code === undefined ? readPickedTicket(ticketId ?? '') : readScannedCode(key.tenantId, code, keys);
    // A clock that goes ahead says nothing of what is to come.
    const scannedAt = scan.scannedAt > by.now ? by.now : scan.scannedAt;
    return { ...key, ...scan, ...scanned, gateNo, direction, scannedAt, recordedAt: by.now, actor: by.actor };
  });
}

/** @throws Problem for a scan that was not recorded. */
export function refuseUnrecorded(outcome: 'recorded' | 'replayed' | 'id_reused' | 'gate_not_found'): void {
  if (outcome === 'gate_not_found')
    throw new Problem('gate_not_found', 'The event has no such gate, or it was closed. Choose another one.');
  if (outcome === 'id_reused')
    throw new Problem(
      'scan_id_reused',
      'This scan id was used for another scan. Make a new one for each scan.',
    );
}
