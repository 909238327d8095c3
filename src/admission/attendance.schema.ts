import { Type, type Static } from 'typebox';
import { formatZoneId, type EventKey } from '../base/ids.ts';
import { object, zoneIdSchema } from '../http/schemas.ts';
import type { Attendance } from './attendance.store.ts';
import { gateIdSchema } from './door.schema.ts';

const count = Type.Integer({ minimum: 0 });

/** How many are in. */
export const attendanceSchema = object({
  scan_no: Type.Integer({ description: 'The last scan that is counted here' }),
  sold: count,
  arrived: Type.Integer({ minimum: 0, description: 'Tickets that came, each once' }),
  inside: Type.Integer({ description: 'Those of them that have not left' }),
  conflicts: count,
  zones: Type.Array(
    object({ id: zoneIdSchema, name: Type.String(), sold: count, arrived: count, inside: Type.Integer() }),
  ),
  gates: Type.Array(object({ id: gateIdSchema, entries: count, exits: count, refused: count })),
});

/** The answer for an event's attendance. */
export function attendanceAnswer(key: EventKey, attendance: Attendance): Static<typeof attendanceSchema> {
  const { scanNo, conflicts, zones, gates } = attendance;
  const sum = (field: 'sold' | 'arrived' | 'inside') => zones.reduce((total, zone) => total + zone[field], 0);
  return {
    scan_no: scanNo,
    sold: sum('sold'),
    arrived: sum('arrived'),
    inside: sum('inside'),
    conflicts,
    zones: zones.map(({ zoneNo, ...zone }) => ({ id: formatZoneId(key, zoneNo), ...zone })),
    gates: gates.map(({ gateNo: id, ...gate }) => ({ id, ...gate })),
  };
}
