import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { messageSettingsAnswer, messageSettingsSchema } from './message-settings.schema.ts';
import { readMessageSettings } from './message-settings.store.ts';

/** `GET /sellers/{id}/message-settings`: by which channels a seller writes to its buyers, and when it reminds them. */
export function readMessageSettingsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/message-settings',
    {
      config: { right: 'messages.read', problems: ['seller_not_found'] },
      schema: {
        operationId: 'readMessageSettings',
        tags: ['messages'],
        summary: 'By which channels buyers are written to, and when they are reminded of an event',
        params: sellerParamsSchema,
        response: { 200: messageSettingsSchema },
      },
    },
    async ({ params }) => {
      const settings = await readMessageSettings(reader, params.seller_id);
      if (!settings) throw new Problem('seller_not_found', 'There is no such seller.');
      return messageSettingsAnswer(settings);
    },
  );
}
