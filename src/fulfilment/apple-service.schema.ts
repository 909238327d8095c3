import { Type } from 'typebox';
import { object } from '../http/schemas.ts';

// Apple's protocol names the paths, the header and the bodies.
// https://developer.apple.com/documentation/walletpasses/adding-a-web-service-to-update-passes

const tenantIdSchema = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const deviceSchema = Type.String({ maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' });
const passTypeSchema = Type.String({ maxLength: 128 });
const serialSchema = Type.String({ maxLength: 64 });

export const deviceParamsSchema = object({
  tenant_id: tenantIdSchema,
  device: deviceSchema,
  pass_type_id: passTypeSchema,
});
export const registrationParamsSchema = object({
  tenant_id: tenantIdSchema,
  device: deviceSchema,
  pass_type_id: passTypeSchema,
  serial: serialSchema,
});
export const passParamsSchema = object({
  tenant_id: tenantIdSchema,
  pass_type_id: passTypeSchema,
  serial: serialSchema,
});
export const serviceParamsSchema = object({ tenant_id: tenantIdSchema });

export const registrationPath =
  '/wallet/apple/:tenant_id/v1/devices/:device/registrations/:pass_type_id/:serial';
