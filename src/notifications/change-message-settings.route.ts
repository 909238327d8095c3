import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { messageSettingsSchema } from './message.schema.ts';
import { readBrand, saveMessageChannels } from './template.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/message-settings`: the channels in the order in which they are tried. */
export function changeMessageSettingsRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/message-settings',
    {
      config: { right: 'templates.edit', problems: ['seller_not_found'] },
      schema: {
        operationId: 'changeMessageSettings',
        tags: ['messages'],
        summary: 'Change by which channels buyers are written to',
        description:
          'The first channel that works wins. The mail with the tickets goes to whoever has given an address, whatever the order; new messages follow the change within 15 s.',
        params: sellerParamsSchema,
        body: messageSettingsSchema,
        response: { 200: messageSettingsSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId } = request.params;
      const { channels } = request.body;
      const at = clock.now();
      await transact(pool, async (tx) => {
        const before = await readBrand(tx, tenantId);
        if (!before) throw new Problem('seller_not_found', 'There is no such seller.');
        await saveMessageChannels(tx, tenantId, channels);
        await recordChange(tx, ids, {
          tenantId,
          at,
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'message_settings', id: String(tenantId) },
          before: { channels: before.channels },
          after: { channels },
        });
      });
      return { channels };
    },
  );
}
