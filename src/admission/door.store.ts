import type { EventKey } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Door, Gate } from './door.ts';

/** An event that somebody may stand at the door of. */
export type DoorEvent = EventKey & { name: string; startsAt: Date; timezone: string; venueName: string };

const gateColumns = `gate_no as "gateNo", name, zone_nos as "zoneNos", ticket_kinds as "ticketKinds"`;

/** Events of a seller that take place after an instant, the next first. */
export async function listDoorEvents(
  reader: Reader,
  tenantId: number,
  after: Date,
  limit: number,
): Promise<DoorEvent[]> {
  return await reader.query<DoorEvent & Row>({
    text: `select e.tenant_id as "tenantId", e.event_id as "eventId", e.name, e.starts_at as "startsAt", v.timezone,
                  v.name as "venueName"
             from events e join venues v on v.tenant_id = e.tenant_id and v.venue_id = e.venue_id
            where e.tenant_id = $1 and e.status = 'published' and e.starts_at > $2
            order by e.starts_at, e.event_id limit $3`,
    values: [tenantId, after, limit],
  });
}

/** How an event's door works, with its gates in the order of their numbers. */
export async function readDoor(reader: Reader, { tenantId, eventId }: EventKey): Promise<Door> {
  const values = [tenantId, eventId];
  const [rules] = await reader.query<Omit<Door, 'gates'> & Row>({
    name: 'read-door-rules',
    text: `select version, opens_at as "opensAt", closes_at as "closesAt", reentry
             from door_rules where tenant_id = $1 and event_id = $2`,
    values,
  });
  const gates = await reader.query<Gate & Row>({
    name: 'read-gates',
    text: `select ${gateColumns} from gates where tenant_id = $1 and event_id = $2 and retired_at is null order by gate_no`,
    values,
  });
  return { version: 0, opensAt: null, closesAt: null, reentry: true, ...rules, gates };
}

/** The gates that an event has or had, by their numbers. */
export async function readGateNames(
  reader: Reader,
  { tenantId, eventId }: EventKey,
): Promise<Map<number, string>> {
  const rows = await reader.query<{ gateNo: number; name: string }>({
    name: 'read-gate-names',
    text: 'select gate_no as "gateNo", name from gates where tenant_id = $1 and event_id = $2',
    values: [tenantId, eventId],
  });
  return new Map(rows.map(({ gateNo, name }) => [gateNo, name]));
}

/** Locks an event, so that its door is changed by one at a time. */
export async function lockDoor(tx: Tx, { tenantId, eventId }: EventKey): Promise<void> {
  await tx.query({
    text: 'select from events where tenant_id = $1 and event_id = $2 for no key update',
    values: [tenantId, eventId],
  });
}

/** A gate as it is to be; without a number it is a new one. */
export type GateDraft = Omit<Gate, 'gateNo'> & { gateNo: number | null };

/** Replaces a locked event's door by the next version of it. Gates that it leaves out are retired: their scans stay. */
export async function saveDoor(
  tx: Tx,
  { tenantId, eventId }: EventKey,
  door: Omit<Door, 'gates'> & { gates: GateDraft[] },
  now: Date,
): Promise<void> {
  const values = [tenantId, eventId];
  await tx.query({
    text: `insert into door_rules (tenant_id, event_id, version, opens_at, closes_at, reentry, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (tenant_id, event_id) do update
              set version = excluded.version, opens_at = excluded.opens_at, closes_at = excluded.closes_at,
                  reentry = excluded.reentry, updated_at = excluded.updated_at`,
    values: [...values, door.version, door.opensAt, door.closesAt, door.reentry, now],
  });
  await tx.query({
    text: `update gates set retired_at = $3 where tenant_id = $1 and event_id = $2 and retired_at is null
              and gate_no <> all ($4::smallint[])`,
    values: [...values, now, door.gates.flatMap((gate) => gate.gateNo ?? [])],
  });
  for (const gate of door.gates) {
    await tx.query({
      text: `insert into gates (tenant_id, event_id, gate_no, name, zone_nos, ticket_kinds)
             select $1, $2, coalesce($3::smallint, max(gate_no) + 1, 1), $4, $5, $6
               from gates where tenant_id = $1 and event_id = $2
             on conflict (tenant_id, event_id, gate_no) do update
                set name = excluded.name, zone_nos = excluded.zone_nos, ticket_kinds = excluded.ticket_kinds`,
      values: [...values, gate.gateNo, gate.name, gate.zoneNos, gate.ticketKinds],
    });
  }
}
