import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { parseMessageReference } from './message-reference.ts';
import { recordStatuses } from './message-status.store.ts';
import { twilioReason, twilioState } from './twilio-answer.ts';
import { isTwilioSignature } from './twilio-signature.ts';

type Deps = {
  pool: Pool;
  /** As Twilio knows it: it signs the whole address. */
  publicUrl: string | undefined;
  twilioAuthToken: string;
};

/** The text of a form's field as a column takes it. */
const field = (form: URLSearchParams, name: string) =>
  form.get(name)?.replaceAll('\0', '').slice(0, 100) ?? '';

/** `POST /callbacks/twilio/messages/{reference}`: Twilio tells what became of a message. */
export function receiveTwilioStatusRoute(app: App, deps: Deps): void {
  app.register(async (scope) => {
    // Of this route alone: everywhere else a form is a 415.
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: limits.callbackBytesMax },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );
    scope.post(
      '/callbacks/twilio/messages/:reference',
      {
        config: { problems: ['callback_signature_invalid'] },
        schema: { hide: true, params: object({ reference: Type.String() }) },
      },
      async (request, reply) => {
        const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
        const { reference } = request.params as { reference: string };
        const url = `${deps.publicUrl ?? ''}${request.url}`;
        const signature = request.headers['x-twilio-signature'];
        if (!isTwilioSignature(deps.twilioAuthToken, url, form, [signature].flat()[0])) {
          throw new Problem('callback_signature_invalid', 'X-Twilio-Signature is not the one of this form.');
        }
        const key = parseMessageReference(reference);
        const state = twilioState(field(form, 'MessageStatus'));
        // What we do not know is answered well: Twilio would only say it again.
        if (key && state) {
          const reason = state === 'bounced' ? twilioReason(Number(field(form, 'ErrorCode')) || 0) : null;
          const report = { key, state, reason, providerId: field(form, 'MessageSid') };
          await transact(deps.pool, (tx) => recordStatuses(tx, 'twilio', [report]));
        }
        return reply.code(204).send();
      },
    );
  });
}
