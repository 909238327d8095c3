import type { Clock } from '../base/ids.ts';
import type { Channel, TwilioAccount, ChannelDelivery, TextMessage } from './channel.ts';
import { gateDefaults, ProviderGate, type GateOptions } from './provider-gate.adapter.ts';
import { readTwilioAnswer } from './twilio-answer.ts';

export type TwilioOptions = TwilioAccount & {
  clock: Clock;
  /** Where Twilio tells what became of a message, absolute; null when the public address is not known. */
  callbackUrl(reference: string): string | null;
  gate?: Partial<GateOptions>;
};

type Listed = {
  sid?: unknown;
  body?: unknown;
  date_created?: unknown;
  price?: unknown;
  price_unit?: unknown;
};

const daySeconds = 86_400;
// Twilio's clock is not ours, and it tells whole seconds.
const clockSkewSeconds = 2;

/** Whether what Twilio lists is this message: the same words, and not of an earlier occasion. */
function isSame({ body, date_created: date }: Listed, message: TextMessage, words: string): boolean {
  return body === words && Date.parse(String(date)) >= message.since.getTime() - clockSkewSeconds * 1_000;
}

/** The address of somebody at Twilio: WhatsApp's have a prefix. */
function addressOf(channel: TextMessage['content']['channel'], number: string): string {
  return channel === 'whatsapp' ? `whatsapp:${number}` : number;
}

function writeForm(message: TextMessage, from: string, callbackUrl: string | null): URLSearchParams {
  const { to, content } = message;
  const form = new URLSearchParams({ To: addressOf(content.channel, to) });
  if (from.startsWith('MG')) form.set('MessagingServiceSid', from);
  else form.set('From', addressOf(content.channel, from));
  if (content.channel === 'sms') form.set('Body', content.body);
  else {
    form.set('ContentSid', content.template);
    const variables = Object.fromEntries(content.variables.map((value, i) => [String(i + 1), value]));
    form.set('ContentVariables', JSON.stringify(variables));
  }
  if (callbackUrl !== null) form.set('StatusCallback', callbackUrl);
  return form;
}

/** Sends SMS, and WhatsApp by Twilio's approved content templates (`HX…`). */
export function createTwilioChannel(options: TwilioOptions): Channel {
  const { accountSid, authToken, apiUrl } = options;
  const gate = new ProviderGate({ ...gateDefaults, name: 'Twilio', ...options.gate });
  const messagesUrl = `${apiUrl.replace(/\/+$/, '')}/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;

  /**
   * Twilio knows no idempotency keys. An SMS whose first attempt was lost is looked for among what went to the number
   * since yesterday: its words, the buyer's own link among them, are those of no other of its occasion.
   * @returns null when it is not there.
   */
  async function findSent(message: TextMessage, body: string): Promise<ChannelDelivery | null> {
    const since = new Date(options.clock.now().getTime() - daySeconds * 1_000).toISOString().slice(0, 10);
    const query = new URLSearchParams({ To: message.to, 'DateSent>': since, PageSize: '100' });
    let found: Listed | undefined;
    const answer = await gate.send(
      `${messagesUrl}?${query.toString()}`,
      { headers: { authorization } },
      ({ status, json }) => {
        const list = (json as { messages?: Listed[] } | null)?.messages ?? [];
        found = list.find((one) => isSame(one, message, body));
        return found ? readTwilioAnswer(status, found) : { outcome: 'refused', reason: '' };
      },
    );
    return found || answer.outcome === 'postponed' ? answer : null;
  }

  return {
    provider: 'twilio',
    async deliver(message) {
      const { content, reference, attempt } = message;
      const from = content.channel === 'sms' ? options.smsFrom : options.whatsappFrom;
      if (from === undefined)
        return { outcome: 'refused', reason: `Twilio has no sender for ${content.channel}.` };
      if (attempt > 1 && content.channel === 'sms') {
        const sent = await findSent(message, content.body);
        if (sent) return sent;
      }
      const body = writeForm(message, from, options.callbackUrl(reference));
      const init = { method: 'POST', headers: { authorization }, body };
      return await gate.send(messagesUrl, init, ({ status, json }) => readTwilioAnswer(status, json));
    },
  };
}
