import type { FastifyInstance } from 'fastify';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { isTwilioSignature } from './twilio-signature.ts';

export type TwilioCallbacks = {
  /** As Twilio knows it: it signs the whole address. */
  publicUrl: string | undefined;
  twilioAuthToken: string;
};

type FormRequest = { body: unknown; url: string; headers: Record<string, string | string[] | undefined> };

/** Lets the routes of a scope read forms: everywhere else a form is a 415. */
export function takeForms(scope: Pick<FastifyInstance, 'addContentTypeParser'>): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: limits.callbackBytesMax },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
}

/** A form that Twilio has signed. @throws Problem `callback_signature_invalid`. */
export function requireTwilioForm(
  { body, url, headers }: FormRequest,
  { publicUrl, twilioAuthToken }: TwilioCallbacks,
): URLSearchParams {
  const form = body instanceof URLSearchParams ? body : new URLSearchParams();
  const signature = [headers['x-twilio-signature']].flat()[0];
  if (!isTwilioSignature(twilioAuthToken, `${publicUrl ?? ''}${url}`, form, signature))
    throw new Problem('callback_signature_invalid', 'X-Twilio-Signature is not the one of this form.');
  return form;
}

/** The text of a form's field as a column takes it. */
export function formField(form: URLSearchParams, name: string): string {
  return form.get(name)?.replaceAll('\0', '').slice(0, 100) ?? '';
}
