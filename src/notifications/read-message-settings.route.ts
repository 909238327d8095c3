import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { messageSettingsSchema } from './message.schema.ts';
import { readBrand } from './template.store.ts';

/** `GET /sellers/{id}/message-settings`: by which channels a seller writes to its buyers. */
export function readMessageSettingsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/message-settings',
    {
      config: { right: 'messages.read', problems: ['seller_not_found'] },
      schema: {
        operationId: 'readMessageSettings',
        tags: ['messages'],
        summary: 'By which channels buyers are written to',
        params: sellerParamsSchema,
        response: { 200: messageSettingsSchema },
      },
    },
    async ({ params }) => {
      const voice = await readBrand(reader, params.seller_id);
      if (!voice) throw new Problem('seller_not_found', 'There is no such seller.');
      return { channels: voice.channels };
    },
  );
}
