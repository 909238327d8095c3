import { createHmac, randomBytes } from 'node:crypto';
import { sendJson, Script, startHttpFake, type HttpRequest } from './http-fake.ts';

export type MetaMode =
  | 'accept'
  /** 429 with Retry-After. */
  | { rateLimitSeconds: number }
  /** 500. */
  | 'break'
  /** Takes the message and never answers. */
  | 'accept_in_silence'
  /** 400 with a code of the Cloud API. */
  | { refuse: number };

type Body = {
  to: string;
  template: { name: string; language: { code: string }; components?: { parameters: { text: string }[] }[] };
  biz_opaque_callback_data?: string;
};

/** A message that Meta has taken. */
export type MetaMessage = {
  id: string;
  to: string;
  template: string;
  language: string;
  variables: string[];
  callbackData: string | undefined;
};

export type MetaFake = Awaited<ReturnType<typeof startMetaFake>>;

/** A status as Meta tells it; `code` is the error of a failed one. */
export type MetaStatus = {
  message: MetaMessage;
  status: 'sent' | 'delivered' | 'read' | 'failed';
  code?: number;
};

/** The X-Hub-Signature-256 of a body. */
export function hubSignature(appSecret: string, body: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}

const phoneNumberId = '106540352242922';
const accessToken = 'the access token of tests';
const appSecret = 'the app secret of tests';

function notice(statuses: readonly MetaStatus[]): string {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550783881', phone_number_id: phoneNumberId },
    statuses: statuses.map(({ message, status, code }) => ({
      id: message.id,
      status,
      timestamp: '1795507200',
      recipient_id: message.to,
      ...(message.callbackData !== undefined && { biz_opaque_callback_data: message.callbackData }),
      ...(code !== undefined && { errors: [{ code, title: 'Message undeliverable' }] }),
    })),
  };
  const changes = [{ field: 'messages', value }];
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '102290129340398', changes }] });
}

/** Brings what somebody writes to our number. @returns the HTTP status of the answer. */
async function bring(
  callbackUrl: string,
  from: string,
  message: Record<string, unknown>,
  signWith = appSecret,
): Promise<number> {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550783881', phone_number_id: phoneNumberId },
    contacts: [{ profile: { name: 'Ana' }, wa_id: from }],
    messages: [
      { from, id: `wamid.${randomBytes(12).toString('base64url')}`, timestamp: '1749416383', ...message },
    ],
  };
  const changes = [{ field: 'messages', value }];
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes }] });
  const answer = await fetch(callbackUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': hubSignature(signWith, body) },
    body,
  });
  await answer.text();
  return answer.status;
}

/** A server that speaks Meta's WhatsApp Cloud API, and its webhooks. */
export async function startMetaFake() {
  const script = new Script<MetaMode>('accept');
  const accepted: MetaMessage[] = [];

  function accept(request: HttpRequest): MetaMessage {
    const body = JSON.parse(request.body.toString()) as Body;
    const message = {
      id: `wamid.${randomBytes(12).toString('base64url')}`,
      to: body.to,
      template: body.template.name,
      language: body.template.language.code,
      variables: (body.template.components ?? []).flatMap((part) => part.parameters.map((one) => one.text)),
      callbackData: body.biz_opaque_callback_data,
    };
    accepted.push(message);
    return message;
  }

  const server = await startHttpFake((request, response) => {
    const fail = (status: number, code: number, message: string, headers = {}) =>
      sendJson(response, status, { error: { message, type: 'OAuthException', code } }, headers);
    if (request.headers['authorization'] !== `Bearer ${accessToken}`)
      return fail(401, 190, 'Invalid OAuth access token');
    if (request.method !== 'POST' || !/^\/v\d+\.0\/106540352242922\/messages$/.test(request.path))
      return fail(404, 100, 'Unsupported request');
    const mode = script.take();
    if (mode === 'break') return fail(500, 131000, 'Something went wrong');
    if (mode === 'accept_in_silence') return void accept(request);
    if (mode === 'accept') {
      const message = accept(request);
      return sendJson(response, 200, {
        messaging_product: 'whatsapp',
        contacts: [{ input: message.to, wa_id: message.to }],
        messages: [{ id: message.id, message_status: 'accepted' }],
      });
    }
    if ('refuse' in mode) return fail(400, mode.refuse, `(#${mode.refuse}) The message was refused.`);
    return fail(429, 130429, 'Rate limit hit', { 'retry-after': String(mode.rateLimitSeconds) });
  });

  return {
    url: `${server.url}/v24.0`,
    phoneNumberId,
    accessToken,
    appSecret,
    log: server.log,
    accepted,
    next: (...modes: MetaMode[]) => script.next(...modes),
    /** Tells statuses to a callback address, all in one request. @returns the HTTP status of the answer. */
    async report(
      callbackUrl: string,
      statuses: readonly MetaStatus[],
      signWith = appSecret,
    ): Promise<number> {
      const body = notice(statuses);
      const answer = await fetch(callbackUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': hubSignature(signWith, body) },
        body,
      });
      await answer.text();
      return answer.status;
    },
    bring,
    stop: server.stop,
  };
}
