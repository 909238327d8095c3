import { createHmac, randomBytes } from 'node:crypto';
import { sendJson, Script, startHttpFake, type HttpRequest } from './http-fake.ts';

export type TwilioMode =
  | 'accept'
  /** 429 with Retry-After. */
  | { rateLimitSeconds: number }
  /** 500. */
  | 'break'
  /** Takes the message and never answers. */
  | 'accept_in_silence'
  /** 400 with a code of Twilio's error dictionary. */
  | { refuse: number };

/** A message that Twilio has taken. */
export type TwilioMessage = {
  sid: string;
  to: string;
  from: string;
  body: string;
  contentSid: string | undefined;
  contentVariables: string | undefined;
  statusCallback: string | undefined;
  dateCreated: Date;
};

export type TwilioFake = Awaited<ReturnType<typeof startTwilioFake>>;

/** The X-Twilio-Signature of a form: HMAC-SHA1 over the address and the fields in the order of their names. */
export function twilioSignature(authToken: string, url: string, fields: Record<string, string>): string {
  const names = Object.keys(fields).toSorted();
  const text = url + names.map((name) => name + fields[name]).join('');
  return createHmac('sha1', authToken).update(text).digest('base64');
}

function resource(message: TwilioMessage, status: string) {
  return {
    sid: message.sid,
    status,
    to: message.to,
    from: message.from,
    body: message.body,
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    error_code: null,
    error_message: null,
    date_created: message.dateCreated.toUTCString(),
  };
}

const accountSid = `AC${'0'.repeat(32)}`;
const authToken = 'the auth token of tests';

/** Tells a status to the address that the message came with. @returns the HTTP status of the answer. */
async function report(
  message: TwilioMessage,
  status: string,
  options: { errorCode?: number; signWith?: string; at?: string; seenAs?: string } = {},
): Promise<number> {
  const fields: Record<string, string> = {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    From: message.from,
    MessageSid: message.sid,
    MessageStatus: status,
    SmsSid: message.sid,
    SmsStatus: status,
    To: message.to,
    ...(options.errorCode !== undefined && { ErrorCode: String(options.errorCode) }),
  };
  const url = message.statusCallback ?? '';
  const signature = twilioSignature(options.signWith ?? authToken, url, fields);
  // What is signed is the public address; a test listens elsewhere.
  const answer = await fetch(new URL(new URL(url).pathname, options.at ?? url), {
    method: 'POST',
    headers: { 'x-twilio-signature': signature },
    body: new URLSearchParams(fields),
  });
  await answer.text();
  return answer.status;
}

/**
 * Brings what somebody writes to the number of ours, as the number's webhook is set.
 * @param webhook its public address; a test listens elsewhere, at `at`.
 */
async function bring(
  from: string,
  body: string,
  { webhook, at, signWith = authToken }: { webhook: string; at: string; signWith?: string },
): Promise<{ status: number; type: string | null; text: string }> {
  const messageSid = `SM${randomBytes(16).toString('hex')}`;
  const fields: Record<string, string> = {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    Body: body,
    From: from,
    MessageSid: messageSid,
    NumMedia: '0',
    NumSegments: '1',
    SmsMessageSid: messageSid,
    SmsSid: messageSid,
    SmsStatus: 'received',
    To: '+15005550006',
  };
  const answer = await fetch(new URL(new URL(webhook).pathname, at), {
    method: 'POST',
    headers: { 'x-twilio-signature': twilioSignature(signWith, webhook, fields) },
    body: new URLSearchParams(fields),
  });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

/** A server that speaks Twilio's Messages API, its status callbacks, and what people write. */
export async function startTwilioFake() {
  const script = new Script<TwilioMode>('accept');
  const accepted: TwilioMessage[] = [];
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;

  function accept({ body }: HttpRequest): TwilioMessage {
    const form = new URLSearchParams(body.toString());
    const message: TwilioMessage = {
      sid: `SM${randomBytes(16).toString('hex')}`,
      to: form.get('To') ?? '',
      from: form.get('From') ?? form.get('MessagingServiceSid') ?? '',
      body: form.get('Body') ?? '',
      contentSid: form.get('ContentSid') ?? undefined,
      contentVariables: form.get('ContentVariables') ?? undefined,
      statusCallback: form.get('StatusCallback') ?? undefined,
      dateCreated: new Date(),
    };
    accepted.push(message);
    return message;
  }

  const server = await startHttpFake((request, response) => {
    const url = new URL(request.path, 'http://twilio');
    const fail = (status: number, code: number, message: string, headers = {}) =>
      sendJson(response, status, { status, code, message, more_info: '' }, headers);
    if (request.headers['authorization'] !== authorization) return fail(401, 20003, 'Authenticate');
    if (url.pathname !== path) return fail(404, 20404, 'The requested resource was not found');
    if (request.method === 'GET') {
      const found = accepted.filter((message) => message.to === url.searchParams.get('To'));
      return sendJson(response, 200, { messages: found.map((message) => resource(message, 'sent')) });
    }
    const mode = script.take();
    if (mode === 'break') return fail(500, 20500, 'Internal Server Error');
    if (mode === 'accept_in_silence') return void accept(request);
    if (mode === 'accept') return sendJson(response, 201, resource(accept(request), 'queued'));
    if ('refuse' in mode) return fail(400, mode.refuse, 'The message was refused.');
    return fail(429, 20429, 'Too Many Requests', { 'retry-after': String(mode.rateLimitSeconds) });
  });

  return {
    url: server.url,
    accountSid,
    authToken,
    /** Every request, in the order of arrival. */
    log: server.log,
    /** Every message that was taken. */
    accepted,
    next: (...modes: TwilioMode[]) => script.next(...modes),
    report,
    bring,
    stop: server.stop,
  };
}
