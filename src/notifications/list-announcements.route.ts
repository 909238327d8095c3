import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import { eventKeyOf, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { listAnnouncements } from './announcement.store.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });

/** `GET /sellers/{id}/events/{event}/announcements`: what all of its buyers were told, and how far that has come. */
export function listAnnouncementsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/announcements',
    {
      config: { right: 'messages.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'listAnnouncements',
        tags: ['messages'],
        summary: 'What the buyers of an event were told, and how far that has come',
        params: eventParamsSchema,
        response: {
          200: object({
            data: Type.Array(
              object({
                id: Type.String(),
                kind: Type.String(),
                occasion: Type.Integer(),
                created_at: instantSchema,
                deadline_at: instantSchema,
                ended_at: Type.Optional(instantSchema),
                queued: count('Buyers with a message so far; all of them once it has ended'),
                waiting: count('Messages that are still to be sent'),
                sent: count('Messages that their providers took'),
                taken_back: count('Messages that were no longer wanted before they were sent'),
                failed: count('Messages that could not be sent'),
                skipped: count('Buyers who cannot be written to, or do not want to be'),
              }),
            ),
          }),
        },
      },
    },
    async ({ params }) => {
      const rows = await listAnnouncements(reader, eventKeyOf(params), limits.announcementsListedMax);
      const data = rows.map(
        ({ announcementId, kind, occasionNo, createdAt, deadlineAt, endedAt, ...rest }) => ({
          id: announcementId,
          kind,
          occasion: occasionNo,
          created_at: createdAt.toISOString(),
          deadline_at: deadlineAt.toISOString(),
          ...(endedAt && { ended_at: endedAt.toISOString() }),
          queued: rest.queued,
          waiting: Math.max(0, rest.queued - rest.sent - rest.takenBack - rest.failed),
          sent: rest.sent,
          taken_back: rest.takenBack,
          failed: rest.failed,
          skipped: rest.skipped,
        }),
      );
      return { data };
    },
  );
}
