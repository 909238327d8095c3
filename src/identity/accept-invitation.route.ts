import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Reader, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from './audit-log.store.ts';
import type { Auth } from './auth.ts';
import { newPasswordSchema, roleSchema, staffNameSchema, tokenSchema } from './identity.schema.ts';
import { readInvitation, takeInvitation } from './invitation.store.ts';
import { decideAcceptance, invitationEnded } from './invitation.ts';
import { parseToken } from './secret-token.ts';
import { addStaff, createPerson, findPerson, type Person } from './staff.store.ts';

type Deps = { auth: Auth; pool: Pool; reader: Reader; clock: Clock; ids: IdSource };

const bodySchema = object({
  token: tokenSchema,
  name: Type.Optional(staffNameSchema),
  password: Type.Optional(newPasswordSchema),
});

/** A person to be created, with the hash of their password. */
type NewPerson = Person & { credentialId: string; passwordHash: string };

async function ensurePerson(tx: Tx, email: string, created: NewPerson | null): Promise<Person> {
  if (created && (await createPerson(tx, created))) return created;
  const known = await findPerson(tx, email);
  // Its account came by another invitation, or went, since the body was looked at.
  if (!known || created) throw new Problem('unavailable', 'Try again.', { retryAfterSeconds: 1 });
  return known;
}

/** `POST /auth/invitations/accept`: takes the role that a link invites to, once. */
export function acceptInvitationRoute(app: App, { auth, pool, reader, clock, ids }: Deps): void {
  /** Looks at the body before anything is locked: hashing a password takes a while. */
  async function prepare(email: string, suggestedName: string | null, body: Static<typeof bodySchema>) {
    const accepting = decideAcceptance((await findPerson(reader, email)) !== null, body, suggestedName);
    if (!accepting.isNew) return null;
    const { name, password } = accepting;
    const passwordHash = await auth.hashPassword(password);
    return { userId: ids.uuid(), credentialId: ids.uuid(), name, email, passwordHash };
  }

  app.post(
    '/auth/invitations/accept',
    {
      config: { problems: ['invitation_ended', 'staff_exists', 'forbidden'] },
      schema: {
        operationId: 'acceptInvitation',
        tags: ['identity'],
        summary: 'Accept an invitation',
        body: bodySchema,
        response: {
          201: object({ seller_id: Type.Union([Type.Integer(), Type.Null()]), role: roleSchema }),
        },
      },
    },
    async (request, reply) => {
      const { address } = callerOf(request);
      const token = parseToken(request.body.token);
      const now = clock.now();
      if (token?.kind !== 'invite') throw invitationEnded();
      const { tenantId, hash } = token;
      const waiting = await readInvitation(reader, tenantId, hash, now);
      if (!waiting) throw invitationEnded();
      const created = await prepare(waiting.email, waiting.name, request.body);
      await transact(pool, async (tx) => {
        const taken = await takeInvitation(tx, tenantId, hash, now);
        if (!taken) throw invitationEnded();
        const { userId, name, email } = await ensurePerson(tx, taken.email, created);
        if (!(await addStaff(tx, tenantId, userId, taken.role))) {
          throw new Problem('staff_exists', 'You are staff of this seller already.');
        }
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: { kind: 'staff', id: userId, name, address, requestId: request.id },
          verb: 'join',
          object: { kind: 'staff', id: userId },
          after: { email, role: taken.role, invitation: taken.invitationId },
        });
      });
      return reply.code(201).send({ seller_id: tenantId === 0 ? null : tenantId, role: waiting.role });
    },
  );
}
