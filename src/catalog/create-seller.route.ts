import { generateKeyPairSync } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { isTimezone } from '../base/local-time.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { admit } from '../http/guard.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Authenticate } from '../identity/authenticator.ts';
import { emailSchema, sellerIdSchema, staffNameSchema, uuidSchema } from '../identity/identity.schema.ts';
import type { SendInvitation } from '../identity/invitation-mail.ts';
import { noteInvitationMail } from '../identity/invitation.store.ts';
import { invitePerson } from '../identity/invite-person.store.ts';
import { toActor, type Actor } from '../identity/principal.ts';
import { addFiscalPoint, addSellerKey, createSeller } from './seller.store.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  ids: IdSource;
  authenticate: Authenticate;
  sendInvitation: SendInvitation;
};

/** The platform itself, whose administrators make sellers. */
const platform = 0;
const nameSchema = Type.String({ minLength: 1, maxLength: limits.fiscalAddressCharsMax, pattern: '\\S' });

const newSellerSchema = object({
  name: nameSchema,
  legal_name: nameSchema,
  tax_id: Type.String({ minLength: 1, maxLength: limits.customerDocumentCharsMax, pattern: '\\S' }),
  timezone: Type.String({ minLength: 1, maxLength: 64, examples: ['America/Caracas'] }),
  currency: Type.String({ maxLength: 3, pattern: '^[A-Z]{3}$', examples: ['USD'] }),
  phone_country: Type.Optional(Type.String({ maxLength: 2, pattern: '^[A-Z]{2}$' })),
  rounding: Type.Optional(Type.Enum(['half_up', 'half_even', 'up', 'down'])),
  series: object({
    prefix: Type.String({ maxLength: limits.fiscalPrefixCharsMax, pattern: '^[A-Za-z0-9/-]*$' }),
    first_number: Type.Optional(Type.Integer({ minimum: 1, maximum: 99_999_999 })),
  }),
  owner: object({ email: emailSchema, name: Type.Optional(staffNameSchema) }),
});
type Body = Static<typeof newSellerSchema>;

function refuse(path: string, message: string): Problem {
  return new Problem('body_invalid', message, { errors: [{ path, code: 'unknown', message }] });
}

function check({ timezone, currency }: Body): void {
  if (!isTimezone(timezone)) throw refuse('/timezone', `There is no time zone "${timezone}".`);
  if (!Intl.supportedValuesOf('currency').includes(currency))
    throw refuse('/currency', `${currency} is no currency.`);
}

/** A seller that can sell: with a key for its tickets, and the point where its shop's documents are issued. */
async function create(tx: Tx, body: Body): Promise<number> {
  const tenantId = await createSeller(tx, {
    name: body.name.trim(),
    legalName: body.legal_name.trim(),
    taxId: body.tax_id.trim(),
    timezone: body.timezone,
    currency: body.currency,
    rounding: body.rounding ?? 'half_up',
    ...(body.phone_country !== undefined && { phoneCountry: body.phone_country }),
  });
  const keys = generateKeyPairSync('ed25519');
  await addSellerKey(tx, tenantId, {
    keyId: 1,
    publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }),
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'der' }),
  });
  await addFiscalPoint(tx, tenantId, {
    pointNo: 1,
    kind: 'online',
    name: 'Online',
    series: {
      prefix: body.series.prefix,
      padding: limits.fiscalNumberDigits,
      firstNumber: body.series.first_number ?? 1,
    },
  });
  return tenantId;
}

async function createWithOwner({ pool, ids }: Deps, body: Body, actor: Actor, now: Date) {
  return await transact(pool, async (tx) => {
    const tenantId = await create(tx, body);
    await recordChange(tx, ids, {
      tenantId,
      at: now,
      actor,
      verb: 'create',
      object: { kind: 'seller', id: String(tenantId) },
      after: { name: body.name, tax_id: body.tax_id, currency: body.currency, timezone: body.timezone },
    });
    const { email, name = null } = body.owner;
    const owner = { tenantId, email: email.toLowerCase(), name, role: 'owner' as const, actor, now };
    const { invitationId, token, expiresAt } = await invitePerson(tx, ids, owner);
    return { tenantId, owner, invitationId, token, expiresAt };
  });
}

/** `POST /sellers`: a seller, made by an administrator of the platform; its first owner is invited by mail. */
export function createSellerRoute(app: App, deps: Deps): void {
  app.post(
    '/sellers',
    {
      config: {
        problems: ['unauthenticated', 'seller_not_found', 'forbidden', 'two_factor_required'],
      },
      onRequest: async (request, reply) => {
        await admit(request, reply, deps.authenticate, { tenantId: platform, right: 'sellers.create' });
      },
      schema: {
        operationId: 'createSeller',
        tags: ['identity'],
        summary: 'Make a seller, and invite its first owner; for administrators of the platform',
        body: newSellerSchema,
        response: {
          201: object({
            id: sellerIdSchema,
            name: Type.String(),
            invitation: object({
              id: uuidSchema,
              email: Type.String(),
              expires_at: instantSchema,
              mail: Type.Enum(['accepted', 'failed']),
              mail_fault: Type.Optional(Type.String()),
            }),
          }),
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      check(body);
      const right = { tenantId: platform, right: 'sellers.create' } as const;
      const principal = await admit(request, reply, deps.authenticate, right);
      const actor = toActor(principal, { address: request.ip, requestId: request.id });
      const now = deps.clock.now();
      const { tenantId, owner, invitationId, token, expiresAt } = await createWithOwner(
        deps,
        body,
        actor,
        now,
      );
      const { email, name, role } = owner;
      const fault = await deps.sendInvitation({
        invitationId,
        email,
        name,
        role,
        sellerName: body.name,
        token,
        date: now,
        expiresAt,
      });
      await transact(deps.pool, (tx) =>
        noteInvitationMail(tx, { tenantId, invitationId }, fault, deps.clock.now()),
      );
      const mail =
        fault === null ? { mail: 'accepted' as const } : { mail: 'failed' as const, mail_fault: fault };
      return reply.code(201).send({
        id: tenantId,
        name: body.name.trim(),
        invitation: { id: invitationId, email, expires_at: expiresAt.toISOString(), ...mail },
      });
    },
  );
}
