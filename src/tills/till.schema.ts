import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import {
  eventIdSchema,
  instantSchema,
  object,
  seatIdSchema,
  transactionIdSchema,
  zoneIdSchema,
} from '../http/schemas.ts';
import { deviceParamsSchema, sellerIdSchema, uuidSchema } from '../identity/identity.schema.ts';
import type { Principal } from '../identity/principal.ts';
import { conflictKinds, resolutions } from './till-record.ts';
import type { KeptConflict, LeaseState, TillKey } from './till.store.ts';

export const leaseParamsSchema = object({
  ...deviceParamsSchema.properties,
  lease_id: uuidSchema,
});
const conflictIdSchema = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const conflictParamsSchema = object({
  ...deviceParamsSchema.properties,
  conflict_id: conflictIdSchema,
});

const sequenceSchema = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "A line's place in the till's file, from 1 on",
});
const quantitySchema = Type.Integer({ minimum: 1, maximum: limits.tillLeasePlacesMax });

export const leaseBodySchema = object({
  lease_id: uuidSchema,
  event_id: eventIdSchema,
  seats: Type.Optional(Type.Array(seatIdSchema, { maxItems: limits.tillLeasePlacesMax })),
  zones: Type.Optional(
    Type.Array(object({ zone_id: zoneIdSchema, quantity: quantitySchema }), {
      maxItems: limits.placesPerCartMax,
    }),
  ),
  numbers: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.tillLeaseNumbersMax, default: limits.tillBlockNumbers }),
  ),
  seconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: limits.tillLeaseSecondsMax,
      default: limits.tillBlockSeconds,
      description: 'How long the till may sell; at most until the event is no longer on sale',
    }),
  ),
});

export const leaseAnswerSchema = object({
  lease_id: uuidSchema,
  state: Type.Enum(['open', 'returned', 'lost']),
  lease: Type.String({ description: 'JSON, to be taken as the very text that is signed' }),
  signature: Type.String({ description: "Ed25519 of the seller's key over the lease, base64url" }),
  codes: Type.Array(Type.Array(Type.String()), {
    description:
      'For each number, in the order of the lease, the codes of the tickets that may be sold under it',
  }),
});

export const syncBodySchema = object({
  first_sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER - limits.tillSyncLinesMax }),
  lines: Type.Array(
    Type.String({
      pattern: '^[A-Za-z0-9_-]+$',
      maxLength: Math.ceil((limits.tillLineBytesMax * 4) / 3),
      description: "A line of the till's file without its end of line: UTF-8 in base64url",
    }),
    { minItems: 1, maxItems: limits.tillSyncLinesMax },
  ),
});

export const syncAnswerSchema = object({
  last_sequence: sequenceSchema,
  results: Type.Array(
    object({
      sequence: sequenceSchema,
      outcome: Type.Enum(['recorded', 'replayed', 'conflict']),
      transaction_id: Type.Optional(transactionIdSchema),
    }),
  ),
});

export const endLeaseBodySchema = object({
  last_sequence: Type.Optional(sequenceSchema),
  numbers_used: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: limits.tillLeaseNumbersMax,
      description: 'Of this lease, by the till',
    }),
  ),
  lost_reason: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: limits.voidReasonCharsMax,
      pattern: '\\S',
      description: 'By staff, when the till will tell of nothing more: its numbers become void',
    }),
  ),
});

export const endedLeaseSchema = object({
  lease_id: uuidSchema,
  state: Type.Enum(['open', 'returned', 'lost']),
});

export const tillSchema = object({
  device_id: sellerIdSchema,
  last_sequence: sequenceSchema,
  conflicts_open: Type.Integer({ minimum: 0 }),
  leases: Type.Array(
    object({
      lease_id: uuidSchema,
      event_id: eventIdSchema,
      state: Type.Enum(['open', 'returned', 'lost']),
      leased_at: instantSchema,
      sells_until: instantSchema,
      numbers: Type.Integer({ minimum: 0 }),
      numbers_used: Type.Integer({ minimum: 0, description: 'As far as the till has told' }),
      places_kept: Type.Integer({ minimum: 0 }),
    }),
  ),
});

/** A lease as the till's state shows it. */
export function toLeaseStateAnswer(tenantId: number, lease: LeaseState) {
  return {
    lease_id: lease.leaseId,
    event_id: formatEventId({ tenantId, eventId: lease.eventId }),
    state: lease.state,
    leased_at: lease.leasedAt.toISOString(),
    sells_until: lease.sellsUntil.toISOString(),
    numbers: lease.numbers,
    numbers_used: lease.used,
    places_kept: lease.places,
  };
}

export const conflictPageQuerySchema = object({
  state: Type.Optional(Type.Enum(['open', 'all'], { default: 'open' })),
  starting_after: Type.Optional(conflictIdSchema),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
  ),
});

export const resolveBodySchema = object({
  resolution: Type.Enum([...resolutions]),
  note: Type.String({ minLength: 1, maxLength: limits.voidReasonCharsMax, pattern: '\\S' }),
});

export const conflictSchema = object({
  id: conflictIdSchema,
  sequence: Type.Optional(sequenceSchema),
  kind: Type.Enum([...conflictKinds]),
  detail: Type.String(),
  transaction_id: Type.Optional(transactionIdSchema),
  number_without_document: Type.Optional(Type.Integer({ minimum: 1 })),
  line: Type.Optional(Type.String({ description: 'As the till wrote it' })),
  created_at: instantSchema,
  resolution: Type.Optional(Type.Enum([...resolutions])),
  note: Type.Optional(Type.String()),
  resolved_by: Type.Optional(Type.String()),
  resolved_at: Type.Optional(instantSchema),
});

/** A conflict as the API shows it. */
export function toConflictAnswer(conflict: KeptConflict): Static<typeof conflictSchema> {
  const { conflictNo, kind, detail, createdAt, resolvedAt, ...rest } = conflict;
  const { sequence, transactionId, keptNumber, line, resolution, note, resolvedBy } = rest;
  return {
    id: conflictNo,
    ...(sequence !== null && { sequence }),
    kind,
    detail,
    ...(transactionId !== null && { transaction_id: transactionId }),
    ...(keptNumber !== null && { number_without_document: keptNumber }),
    ...(line !== null && { line }),
    created_at: createdAt.toISOString(),
    ...(resolution !== null && { resolution }),
    ...(note !== null && { note }),
    ...(resolvedBy !== null && { resolved_by: resolvedBy }),
    ...(resolvedAt !== null && { resolved_at: resolvedAt.toISOString() }),
  };
}

/**
 * The till of a path: a device reaches itself alone.
 * @throws Problem `device_not_found`.
 */
export function tillOf(params: { seller_id: number; device_id: number }, principal: Principal): TillKey {
  if (principal.kind === 'device' && principal.deviceNo !== params.device_id)
    throw new Problem('device_not_found', 'The seller has no such till.');
  return { tenantId: params.seller_id, deviceNo: params.device_id };
}
