import type { Reader, Row, Tx } from '../db/transaction.ts';

/** A session, without the token that stands for it. */
export type Session = {
  sessionId: string;
  createdAt: Date;
  expiresAt: Date;
  address: string | null;
  userAgent: string | null;
};

/** The sessions of a person that have not ended, the newest first. */
export async function listSessions(reader: Reader, userId: string, now: Date): Promise<Session[]> {
  return await reader.query<Session & Row>({
    text: `select id as "sessionId", created_at as "createdAt", expires_at as "expiresAt", ip_address as address,
                  user_agent as "userAgent"
             from staff_sessions where user_id = $1 and expires_at > $2 order by id desc`,
    values: [userId, now],
  });
}

/** Ends one session of a person. @returns whether there was one. */
export async function endSession(tx: Tx, userId: string, sessionId: string): Promise<boolean> {
  const ended = await tx.query({
    text: 'delete from staff_sessions where user_id = $1 and id = $2 returning id',
    values: [userId, sessionId],
  });
  return ended.length > 0;
}

/** Ends all sessions of a person but one. @returns how many. */
export async function endOtherSessions(tx: Tx, userId: string, sessionId: string): Promise<number> {
  const ended = await tx.query({
    text: 'delete from staff_sessions where user_id = $1 and id <> $2 returning id',
    values: [userId, sessionId],
  });
  return ended.length;
}

/** Ends all sessions of a person. @returns how many. */
export async function endAllSessions(tx: Tx, userId: string): Promise<number> {
  const ended = await tx.query({
    text: 'delete from staff_sessions where user_id = $1 returning id',
    values: [userId],
  });
  return ended.length;
}

/** Reads and locks the hash of a person's password; null for somebody without one. */
export async function lockPassword(tx: Tx, userId: string): Promise<string | null> {
  const [row] = await tx.query<Row & { password: string | null }>({
    text: `select password from staff_credentials where user_id = $1 and provider_id = 'credential' for update`,
    values: [userId],
  });
  return row?.password ?? null;
}

/** Stores the hash of a person's new password. */
export async function storePassword(tx: Tx, userId: string, hash: string): Promise<void> {
  await tx.query({
    text: `update staff_credentials set password = $2, updated_at = now()
            where user_id = $1 and provider_id = 'credential'`,
    values: [userId, hash],
  });
}

/** Forgets what has ended: sessions, half-done sign-ins, counted attempts. */
export async function sweepSessions(tx: Tx, now: Date): Promise<void> {
  for (const text of [
    'delete from staff_sessions where expires_at <= $1',
    'delete from staff_verifications where expires_at <= $1',
    'delete from attempts where window_ends_at <= $1',
  ])
    await tx.query({ text, values: [now] });
}
