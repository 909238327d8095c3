import type { SaleLinks } from '../orders/sale-token.ts';
import type { Channel, TextContent } from './channel.ts';
import { formatMessageReference } from './message-reference.ts';
import type { MessageWay, OutgoingMessage } from './outgoing-message.ts';
import { saleFacts } from './sale-facts.ts';

type Deps = {
  name: TextContent['channel'];
  /** The provider. */
  channel: Channel;
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
};

const providerNames: Record<Channel['provider'], string> = { twilio: 'Twilio', meta: 'Meta' };

function contentOf(
  name: Deps['name'],
  { key, sale, voice, facts }: OutgoingMessage,
  links: SaleLinks | null,
): TextContent {
  const template = voice.template(key.kind, sale.locale);
  const filled = { ...saleFacts(sale, voice.brand, links), ...facts };
  if (name === 'sms') return { channel: 'sms', body: template.fillSms(filled) };
  return { channel: 'whatsapp', ...template.fillWhatsapp(filled) };
}

/** Creates the way by SMS or by WhatsApp. What a provider can tell of a repetition: docs/decisions/0012. */
export function createTextWay({ name, channel, linksOf }: Deps): MessageWay {
  const provider = providerNames[channel.provider];
  return {
    channel: name,
    describe: ({ key }) => ({ subject: '', messageId: formatMessageReference(key) }),
    async deliver(message, attempt) {
      const { key, sale, to, since } = message;
      const links = sale.heldBy === null ? linksOf(key.tenantId, key.transactionId) : null;
      const content = contentOf(name, message, links);
      const reference = formatMessageReference(key);
      const delivery = await channel.deliver({ reference, attempt, since, to, content });
      if (delivery.outcome !== 'accepted') return delivery;
      const { providerId, cost = null } = delivery;
      const detail = `${provider} accepted it.`;
      return { outcome: 'accepted', detail, provider: { name: channel.provider, id: providerId, cost } };
    },
  };
}
