import type { Channel, MetaNumber } from './channel.ts';
import { readMetaAnswer } from './meta-answer.ts';
import { gateDefaults, ProviderGate, type GateOptions } from './provider-gate.adapter.ts';

export type MetaOptions = MetaNumber & {
  gate?: Partial<GateOptions>;
};

/**
 * Sends WhatsApp messages by Meta's Cloud API. Meta knows no idempotency keys and lists nothing, but says the reference
 * of a message (`biz_opaque_callback_data`) with each of its statuses: one that was taken and not answered is known by
 * its first status, before the next attempt.
 */
export function createMetaWhatsappChannel(options: MetaOptions): Channel {
  const { phoneNumberId, accessToken, apiUrl } = options;
  const gate = new ProviderGate({ ...gateDefaults, name: 'Meta', ...options.gate });
  const url = `${apiUrl.replace(/\/+$/, '')}/${phoneNumberId}/messages`;
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  return {
    provider: 'meta',
    async deliver({ to, reference, content }) {
      if (content.channel !== 'whatsapp')
        return { outcome: 'refused', reason: 'Meta sends WhatsApp messages only.' };
      const parameters = content.variables.map((text) => ({ type: 'text', text }));
      const body = JSON.stringify({
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: to.replace(/^\+/, ''),
        type: 'template',
        template: {
          name: content.template,
          language: { code: content.locale },
          ...(parameters.length > 0 && { components: [{ type: 'body', parameters }] }),
        },
        biz_opaque_callback_data: reference,
      });
      const init = { method: 'POST', headers, body };
      return await gate.send(url, init, ({ status, json }) => readMetaAnswer(status, json));
    },
  };
}
