import { html } from '../base/html.ts';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { inboundAnswer, readInboundWord } from './inbound-word.ts';
import { followWish } from './opt-out.store.ts';
import { formField, requireTwilioForm, takeForms, type TwilioCallbacks } from './twilio-callback.schema.ts';

type Deps = TwilioCallbacks & { pool: Pool; clock: Clock };

/** What Twilio is to answer (TwiML); nothing for null. */
function twiml(answer: string | null): string {
  const message = answer === null ? html`` : html`<Message>${answer}</Message>`;
  return `<?xml version="1.0" encoding="UTF-8"?>${html`<Response>${message}</Response>`.text}`;
}

/**
 * `POST /callbacks/twilio/inbound`: somebody has written to a number of ours, by SMS or WhatsApp. STOP, BAJA, START and ALTA
 * are followed at every seller that has written to theirs; whatever else they say is for nobody here.
 */
export function receiveTwilioMessageRoute(app: App, deps: Deps): void {
  app.register(async (scope) => {
    takeForms(scope);
    scope.post(
      '/callbacks/twilio/inbound',
      { config: { problems: ['callback_signature_invalid'] }, schema: { hide: true } },
      async (request, reply) => {
        const form = requireTwilioForm(request, deps);
        const number = formField(form, 'From').replace(/^whatsapp:/, '');
        const word = readInboundWord(formField(form, 'Body'));
        const locale =
          word && (await transact(deps.pool, (tx) => followWish(tx, number, word.wish, deps.clock.now())));
        // Of a word of the networks Twilio itself has told; after STOP it would take no message of ours.
        const answer = word && locale && !word.isCarriers ? inboundAnswer(word.wish, locale) : null;
        return reply.type('text/xml; charset=utf-8').send(twiml(answer));
      },
    );
  });
}
