import type { SaleLinks } from '../orders/sale-token.ts';
import type { Sale } from '../orders/sale.ts';
import type { StepHandler } from '../queue/queue.ts';
import type { Channel, TextContent } from './channel.ts';
import { formatMessageReference } from './message-reference.ts';
import { toE164 } from './phone-number.ts';
import { saleFacts } from './sale-facts.ts';
import { createMessageSender, type SenderDeps } from './send-messages.job.ts';
import type { Voice } from './template.ts';

type Deps = SenderDeps & {
  /** Which step it works on. */
  name: TextContent['channel'];
  /** The provider. */
  channel: Channel;
};

const providerNames: Record<Channel['provider'], string> = { twilio: 'Twilio', meta: 'Meta' };

function contentOf(name: Deps['name'], sale: Sale, voice: Voice, links: SaleLinks | null): TextContent {
  const template = voice.template('tickets', sale.locale);
  const facts = saleFacts(sale, voice.brand, links);
  if (name === 'sms') return { channel: 'sms', body: template.fillSms(facts) };
  return { channel: 'whatsapp', ...template.fillWhatsapp(facts) };
}

/**
 * Creates the handler of 'sms' or 'whatsapp': writes to buyers that their tickets are there. A worker that dies between
 * the provider's acceptance and its mark asks the provider first, or hears of it by a callback (docs/decisions/0012).
 */
export function createTextSender(deps: Deps): StepHandler {
  const { name, channel, linksOf } = deps;
  const provider = providerNames[channel.provider];
  const referenceOf = ({ tenantId, transactionId }: Sale) =>
    formatMessageReference({ tenantId, transactionId, channel: name, kind: 'tickets', occasionNo: 1 });
  return createMessageSender(deps, {
    name,
    addressOf: ({ customer }, voice) => toE164(customer.phone ?? '', voice.phoneCountry),
    addressFault: 'The number is not one that messages can be sent to.',
    describe: (sale) => ({ subject: '', messageId: referenceOf(sale) }),
    async deliver({ sale, to, voice, attempt }) {
      if (attempt === undefined) return { outcome: 'known', detail: `${provider} has it, as it told later.` };
      const content = contentOf(name, sale, voice, linksOf(sale.tenantId, sale.transactionId));
      const delivery = await channel.deliver({ reference: referenceOf(sale), attempt, to, content });
      if (delivery.outcome !== 'accepted') return delivery;
      const { providerId, cost = null } = delivery;
      return {
        outcome: 'accepted',
        detail: `${provider} accepted it.`,
        provider: { name: channel.provider, id: providerId, cost },
      };
    },
  });
}
