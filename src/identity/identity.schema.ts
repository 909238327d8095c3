import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import { instantSchema, object } from '../http/schemas.ts';
import type { ApiKey } from './api-key.store.ts';
import type { Device } from './device.store.ts';
import { deviceKinds, rights, roles, sellerRoles } from './roles.ts';
import type { StaffMember } from './staff.store.ts';

const uuidPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/** An id of what staff make: a UUID in lower case. */
export const uuidSchema = Type.String({ pattern: uuidPattern, maxLength: 36, description: 'a UUID' });
export const sellerIdSchema = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: "A seller's number",
});
const deviceIdSchema = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: "A device's number",
});

export const sellerParamsSchema = object({ seller_id: sellerIdSchema });
export const deviceParamsSchema = object({ seller_id: sellerIdSchema, device_id: deviceIdSchema });

const limitSchema = Type.Optional(
  Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
);
/** The query of a list whose ids are UUIDs. */
export const uuidPageQuerySchema = object({ starting_after: Type.Optional(uuidSchema), limit: limitSchema });
/** The query of a list of devices. */
export const devicePageQuerySchema = object({
  starting_after: Type.Optional(deviceIdSchema),
  limit: limitSchema,
});

export const roleSchema = Type.Enum([...roles]);
export const sellerRoleSchema = Type.Enum([...sellerRoles]);
export const rightSchema = Type.Enum([...rights]);
export const deviceKindSchema = Type.Enum([...deviceKinds]);

export const emailSchema = Type.String({ format: 'email', maxLength: limits.customerEmailCharsMax });
export const staffNameSchema = Type.String({
  minLength: 1,
  maxLength: limits.staffNameCharsMax,
  pattern: '\\S',
  description: 'a name, not only spaces',
});
/** A password that somebody chooses. */
export const newPasswordSchema = Type.String({
  minLength: limits.passwordCharsMin,
  maxLength: limits.passwordCharsMax,
});
/** A password that is compared with the one that is stored. */
export const passwordSchema = Type.String({ minLength: 1, maxLength: limits.passwordCharsMax });
/** A one-time code of an app, or a backup code. */
export const secondFactorSchema = Type.String({
  pattern: '^([0-9]{6}|[A-Za-z0-9]{5}-[A-Za-z0-9]{5})$',
  maxLength: 11,
  description: 'six digits, or a backup code such as aB3dE-fG4hI',
});
export const tokenSchema = Type.String({ minLength: 1, maxLength: 80 });

const nullableInstantSchema = Type.Union([instantSchema, Type.Null()]);

export const staffMemberSchema = object({
  id: uuidSchema,
  name: Type.String(),
  email: Type.String(),
  role: sellerRoleSchema,
  active: Type.Boolean(),
  two_factor_enabled: Type.Boolean(),
  created_at: instantSchema,
  deactivated_at: nullableInstantSchema,
});

/** A member of staff as the API shows them. */
export function toStaffMemberAnswer(member: StaffMember) {
  return {
    id: member.userId,
    name: member.name,
    email: member.email,
    role: member.role,
    active: member.deactivatedAt === null,
    two_factor_enabled: member.twoFactor,
    created_at: member.createdAt.toISOString(),
    deactivated_at: member.deactivatedAt?.toISOString() ?? null,
  };
}

export const apiKeySchema = object({
  id: uuidSchema,
  name: Type.String(),
  hint: Type.String({ description: 'The last characters of the key', examples: ['x7Qa'] }),
  rights: Type.Array(rightSchema),
  created_at: instantSchema,
  expires_at: nullableInstantSchema,
  last_used_at: nullableInstantSchema,
  revoked_at: nullableInstantSchema,
});

/** An API key as the API shows it: never the key itself. */
export function toApiKeyAnswer(key: ApiKey) {
  return {
    id: key.keyId,
    name: key.name,
    hint: key.hint,
    rights: [...key.rights],
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
  };
}

export const deviceSchema = object({
  id: deviceIdSchema,
  kind: deviceKindSchema,
  name: Type.String(),
  state: Type.Enum(['waiting', 'enrolled', 'cut_off']),
  created_at: instantSchema,
  enrolled_at: nullableInstantSchema,
  last_seen_at: nullableInstantSchema,
  cut_off_at: nullableInstantSchema,
});

/** A device as the API shows it. */
export function toDeviceAnswer(device: Device) {
  const waiting = device.enrolledAt === null ? ('waiting' as const) : ('enrolled' as const);
  return {
    id: device.deviceNo,
    kind: device.kind,
    name: device.name,
    state: device.cutOffAt === null ? waiting : ('cut_off' as const),
    created_at: device.createdAt.toISOString(),
    enrolled_at: device.enrolledAt?.toISOString() ?? null,
    last_seen_at: device.lastSeenAt?.toISOString() ?? null,
    cut_off_at: device.cutOffAt?.toISOString() ?? null,
  };
}

/** The code that enrols a device, shown once. */
export const enrolmentCodeSchema = object({
  device: deviceSchema,
  enrolment_code: Type.String({ examples: ['1-4-7KQ4M2'] }),
  expires_at: instantSchema,
  expires_in_seconds: Type.Integer(),
});
