import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { object } from '../http/schemas.ts';
import { provesPass } from './wallet-pass.ts';

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

/** @throws Problem `unauthenticated` when the header does not prove that its sender has the pass. */
export function requirePass(
  secret: string,
  { tenant_id: tenantId, serial }: { tenant_id: number; serial: string },
  header: string | undefined,
): void {
  if (provesPass(secret, tenantId, serial, header)) return;
  throw new Problem('unauthenticated', 'The authorization is not the one of this pass.');
}
