import { Type } from 'typebox';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { parseMessageReference } from './message-reference.ts';
import { recordStatuses } from './message-status.store.ts';
import { twilioReason, twilioState } from './twilio-answer.ts';
import { formField, requireTwilioForm, takeForms, type TwilioCallbacks } from './twilio-callback.schema.ts';

/** `POST /callbacks/twilio/messages/{reference}`: Twilio tells what became of a message. */
export function receiveTwilioStatusRoute(app: App, deps: TwilioCallbacks & { pool: Pool }): void {
  app.register(async (scope) => {
    takeForms(scope);
    scope.post(
      '/callbacks/twilio/messages/:reference',
      {
        config: { problems: ['callback_signature_invalid'] },
        schema: { hide: true, params: object({ reference: Type.String() }) },
      },
      async (request, reply) => {
        const form = requireTwilioForm(request, deps);
        const { reference } = request.params as { reference: string };
        const key = parseMessageReference(reference);
        const state = twilioState(formField(form, 'MessageStatus'));
        // What we do not know is answered well: Twilio would only say it again.
        if (key && state) {
          const reason = state === 'bounced' ? twilioReason(Number(formField(form, 'ErrorCode')) || 0) : null;
          const report = { key, state, reason, providerId: formField(form, 'MessageSid') };
          await transact(deps.pool, (tx) => recordStatuses(tx, 'twilio', [report]));
        }
        return reply.code(204).send();
      },
    );
  });
}
