import { uuidv7Floor } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { QuietHours } from './quiet-hours.ts';

export type AnnouncementKind = 'event_reminder' | 'event_changed' | 'event_cancelled';

/** What an announcement says, as it is kept: instants as RFC 3339. */
export type AnnouncementData = { old_starts_at?: string; old_venue?: string; note?: string };

/** What a seller says to all buyers of an event. */
export type Announcement = {
  tenantId: number;
  announcementId: string;
  eventId: number;
  kind: AnnouncementKind;
  data: AnnouncementData;
  createdAt: Date;
  dueAt: Date;
  /** After this instant it is of no use. */
  deadlineAt: Date;
};

/** Where an announcement stands, and what has become of its messages. */
export type AnnouncementProgress = Pick<
  Announcement,
  'announcementId' | 'kind' | 'createdAt' | 'deadlineAt'
> & {
  occasionNo: number;
  /** When the walk over the sales came to its end, or the announcement was taken back. */
  endedAt: Date | null;
  /** Buyers with a message. */
  queued: number;
  /** Buyers who cannot be written to, or do not want to be. */
  skipped: number;
  /** Of those with a message: a provider took it, or it is taken back, or no way was left. The others' are to be sent. */
  sent: number;
  takenBack: number;
  failed: number;
};

/**
 * Makes an announcement: its messages are queued by and by. The caller holds the lock of the event's row, under which its
 * announcements are numbered.
 */
export async function createAnnouncement(tx: Tx, one: Announcement): Promise<void> {
  await tx.query({
    text: `insert into announcements (tenant_id, announcement_id, event_id, kind, occasion_no, data, created_at, due_at,
                                      deadline_at, walked_to)
           select $1, $2, $3, $4::message_kind,
                  (select coalesce(max(occasion_no), 0) + 1 from announcements
                    where tenant_id = $1 and event_id = $3 and kind = $4::message_kind),
                  $5, $6, $7, $8, $9`,
    values: [
      one.tenantId,
      one.announcementId,
      one.eventId,
      one.kind,
      JSON.stringify(one.data),
      one.createdAt,
      one.dueAt,
      one.deadlineAt,
      uuidv7Floor(new Date(0)),
    ],
  });
}

/**
 * Takes back what is no longer true of an event: announcements of these kinds end, and those of their messages that are
 * not sent yet never are.
 */
export async function takeBackAnnouncements(
  tx: Tx,
  { tenantId, eventId }: { tenantId: number; eventId: number },
  kinds: readonly AnnouncementKind[],
  at: Date,
): Promise<void> {
  await tx.query({
    text: `update announcements set ended_at = $4
            where tenant_id = $1 and event_id = $2 and kind = any ($3::message_kind[]) and ended_at is null`,
    values: [tenantId, eventId, kinds, at],
  });
  await tx.query({
    text: `update messages m
              set state = 'skipped', last_error = 'The event has changed since.', next_attempt_at = null, updated_at = $4
             from transactions t
            where m.tenant_id = $1 and m.next_attempt_at is not null and m.state = 'queued'
              and m.kind = any ($3::message_kind[])
              and t.tenant_id = $1 and t.transaction_id = m.transaction_id and t.event_id = $2`,
    values: [tenantId, eventId, kinds, at],
  });
}

/** An announcement whose walk goes on, under its lock. */
export type Walk = Pick<
  Announcement,
  'tenantId' | 'announcementId' | 'eventId' | 'kind' | 'data' | 'createdAt' | 'deadlineAt'
> & { occasionNo: number; walkedTo: string };

/**
 * Takes the announcement that has been due for longest and that nobody walks just now; null when there is none.
 * @param until sales with later keys may still be under way to their commit, and are walked over later.
 */
export async function claimWalk(tx: Tx, now: Date, until: Date): Promise<Walk | null> {
  const [walk] = await tx.query<Row & Walk>({
    name: 'claim-announcement',
    text: `select tenant_id as "tenantId", announcement_id as "announcementId", event_id as "eventId", kind, data,
                  occasion_no as "occasionNo", created_at as "createdAt", deadline_at as "deadlineAt",
                  walked_to as "walkedTo"
             from announcements
            where ended_at is null and due_at <= $1 and walked_to < $2
            order by due_at limit 1 for no key update skip locked`,
    values: [now, uuidv7Floor(until)],
  });
  return walk ?? null;
}

/**
 * The next page of a walk over the seller's sales, in the order of their keys.
 * @returns the event's sales that are valid, and the last key of the page; null when the walk is at its end.
 */
export async function readWalkPage(
  reader: Reader,
  walk: Walk,
  until: Date,
  rowsMax: number,
): Promise<{ transactionIds: string[]; last: string | null }> {
  const rows = await reader.query<Row & { id: string; isMeant: boolean }>({
    name: 'read-walk-page',
    text: `select transaction_id as id,
                  event_id = $5 and (status in ('processing', 'completed')
                                     or (status = 'awaiting_payment' and $6)) as "isMeant"
             from transactions
            where tenant_id = $1 and transaction_id > $2 and transaction_id < $3
            order by transaction_id limit $4`,
    values: [
      walk.tenantId,
      walk.walkedTo,
      uuidv7Floor(until),
      rowsMax,
      walk.eventId,
      walk.kind !== 'event_reminder',
    ],
  });
  return {
    transactionIds: rows.filter((row) => row.isMeant).map((row) => row.id),
    last: rows.length < rowsMax ? null : rows.at(-1)!.id,
  };
}

/** Notes how far a walk has come. Who buys after the announcement was made has seen it, so its walk ends behind that. */
export async function saveWalk(
  tx: Tx,
  { tenantId, announcementId }: Walk,
  page: { last: string | null; until: Date; queued: number; skipped: number; at: Date },
): Promise<void> {
  await tx.query({
    name: 'save-walk',
    text: `update announcements
              set walked_to = $3, queued = queued + $4, skipped = skipped + $5,
                  ended_at = case when $6 and $7::timestamptz > created_at then $8::timestamptz end
            where tenant_id = $1 and announcement_id = $2`,
    values: [
      tenantId,
      announcementId,
      page.last ?? uuidv7Floor(page.until),
      page.queued,
      page.skipped,
      page.last === null,
      page.until,
      page.at,
    ],
  });
}

/**
 * An event's announcements, the newest first. It looks at every sale of the event, so it is for people.
 */
export async function listAnnouncements(
  reader: Reader,
  { tenantId, eventId }: { tenantId: number; eventId: number },
  rowsMax: number,
): Promise<AnnouncementProgress[]> {
  return await reader.query<AnnouncementProgress>({
    text: `with own as (
             select * from announcements where tenant_id = $1 and event_id = $2
              order by announcement_id desc limit $3
           ), buyers as (
             select m.kind, m.occasion_no, m.transaction_id,
                    bool_or(m.state in ('accepted', 'delivered', 'read')) as sent,
                    bool_or(m.next_attempt_at is not null or m.state in ('queued', 'sending')) as open,
                    bool_and(m.state = 'skipped') as taken_back
               from transactions t
               join messages m on m.tenant_id = $1 and m.transaction_id = t.transaction_id
              where t.tenant_id = $1 and t.event_id = $2 and (m.kind, m.occasion_no) in (select kind, occasion_no from own)
              group by 1, 2, 3
           ), counts as (
             select kind, occasion_no, count(*) filter (where sent)::integer as sent,
                    count(*) filter (where not sent and not open and taken_back)::integer as taken_back,
                    count(*) filter (where not sent and not open and not taken_back)::integer as failed
               from buyers group by 1, 2
           )
           select o.announcement_id as "announcementId", o.kind, o.occasion_no as "occasionNo",
                  o.created_at as "createdAt", o.deadline_at as "deadlineAt", o.ended_at as "endedAt", o.queued, o.skipped,
                  coalesce(c.sent, 0) as sent, coalesce(c.taken_back, 0) as "takenBack", coalesce(c.failed, 0) as failed
             from own o left join counts c on c.kind = o.kind and c.occasion_no = o.occasion_no
            order by o.announcement_id desc`,
    values: [tenantId, eventId, rowsMax],
  });
}

/** An event that may be due for a reminder. */
export type RemindableEvent = {
  tenantId: number;
  eventId: number;
  startsAt: Date;
  timezone: string;
  reminderHours: number;
  quiet: QuietHours;
};

/**
 * The events of sellers that remind, which start within their hours and half a day, and whose buyers have not been reminded
 * since they last moved.
 */
export async function readRemindable(reader: Reader, now: Date): Promise<RemindableEvent[]> {
  const rows = await reader.query<Row & Omit<RemindableEvent, 'quiet'> & QuietHours>({
    name: 'read-remindable',
    text: `select e.tenant_id as "tenantId", e.event_id as "eventId", e.starts_at as "startsAt", v.timezone,
                  s.reminder_hours as "reminderHours", s.quiet_from_minute as "fromMinute",
                  s.quiet_until_minute as "untilMinute"
             from message_settings s
             join events e on e.tenant_id = s.tenant_id and e.status = 'published' and e.starts_at > $1
                  and e.starts_at < $1 + make_interval(hours => s.reminder_hours + 12)
             join venues v on v.tenant_id = e.tenant_id and v.venue_id = e.venue_id
            where s.reminder_hours is not null and ${notReminded('e')}`,
    values: [now],
  });
  return rows.map(({ fromMinute, untilMinute, ...event }) => ({
    ...event,
    quiet: { fromMinute, untilMinute },
  }));
}

/** Locks an event whose buyers have not been reminded since it last moved. @returns whether it is still so. */
export async function lockRemindable(
  tx: Tx,
  { tenantId, eventId, startsAt }: RemindableEvent,
): Promise<boolean> {
  const lock = await tx.query({
    text: `select event_id from events
            where tenant_id = $1 and event_id = $2 and status = 'published' and starts_at = $3 for no key update`,
    values: [tenantId, eventId, startsAt],
  });
  if (lock.length === 0) return false;
  // A statement of its own, so that it sees what was committed while this one waited for its lock.
  const rows = await tx.query({
    text: `select event_id from events e where e.tenant_id = $1 and e.event_id = $2 and ${notReminded('e')}`,
    values: [tenantId, eventId],
  });
  return rows.length > 0;
}

function notReminded(event: string): string {
  return `not exists (
            select from announcements r
             where r.tenant_id = ${event}.tenant_id and r.event_id = ${event}.event_id and r.kind = 'event_reminder'
               and r.created_at > coalesce((
                 select max(m.created_at) from announcements m
                  where m.tenant_id = ${event}.tenant_id and m.event_id = ${event}.event_id
                    and m.kind = 'event_changed' and m.data ? 'old_starts_at'), '-infinity'))`;
}
