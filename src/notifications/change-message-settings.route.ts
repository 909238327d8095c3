import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import {
  messageSettingsAnswer,
  messageSettingsOf,
  messageSettingsSchema,
} from './message-settings.schema.ts';
import { readMessageSettings, saveMessageSettings } from './message-settings.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/message-settings`: all settings at once; what may be absent and is absent is switched off. */
export function changeMessageSettingsRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/message-settings',
    {
      config: { right: 'templates.edit', problems: ['seller_not_found'] },
      schema: {
        operationId: 'changeMessageSettings',
        tags: ['messages'],
        summary: 'Change by which channels buyers are written to, and when they are reminded of an event',
        description:
          'Replaces all settings: without `reminder_hours` nobody is reminded. The first channel that works wins. The mail with the tickets goes to whoever has given an address, whatever the order; new messages follow the change within 15 s.',
        params: sellerParamsSchema,
        body: messageSettingsSchema,
        response: { 200: messageSettingsSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId } = request.params;
      const settings = messageSettingsOf(request.body);
      const at = clock.now();
      await transact(pool, async (tx) => {
        const before = await readMessageSettings(tx, tenantId);
        if (!before) throw new Problem('seller_not_found', 'There is no such seller.');
        await saveMessageSettings(tx, tenantId, settings);
        await recordChange(tx, ids, {
          tenantId,
          at,
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'message_settings', id: String(tenantId) },
          before: { reminder_hours: null, ...messageSettingsAnswer(before) },
          after: { reminder_hours: null, ...messageSettingsAnswer(settings) },
        });
      });
      return messageSettingsAnswer(settings);
    },
  );
}
