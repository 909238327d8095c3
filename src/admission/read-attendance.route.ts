import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { attendanceAnswer, attendanceSchema } from './attendance.schema.ts';
import { readAttendance } from './attendance.store.ts';
import { hasEvent } from './revoked-code.store.ts';

/** `GET /sellers/{id}/events/{id}/attendance`: how many are in, by zone and by gate. */
export function readAttendanceRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/attendance',
    {
      config: { right: 'admission.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readAttendance',
        tags: ['admission'],
        summary: 'How many are in, by zone and by gate',
        params: eventParamsSchema,
        response: { 200: attendanceSchema },
      },
    },
    async ({ params }) => {
      const key = eventKeyOf(params);
      if (!(await hasEvent(reader, key))) throw eventNotFound(params.event_id);
      return attendanceAnswer(key, await readAttendance(reader, key));
    },
  );
}
